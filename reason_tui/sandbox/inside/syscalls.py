"""System calls by name, with their numbers on x86-64 and aarch64 (`-`: not there), from the kernel's headers."""

from __future__ import annotations

from typing import NamedTuple

_MACHINES = {"x86_64": 0, "aarch64": 1, "arm64": 1}
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "arm64": 0xC00000B7}

# What a Python program without processes, threads and network needs: files that are open, files by name (Landlock
# says which), memory, signals to itself, facts about itself, time, waiting.
_ALLOWED = """
    read:0:63 write:1:64 readv:19:65 writev:20:66 pread64:17:67 pwrite64:18:68 preadv:295:69 pwritev:296:70
    close:3:57 close_range:436:436 lseek:8:62 dup:32:23 dup2:33:- dup3:292:24 pipe:22:- pipe2:293:59 fsync:74:82
    fdatasync:75:83 ftruncate:77:46 flock:73:32 fadvise64:221:223 sendfile:40:71 copy_file_range:326:285
    splice:275:76
    open:2:- openat:257:56 creat:85:- stat:4:- fstat:5:80 lstat:6:- newfstatat:262:79 statx:332:291 access:21:-
    faccessat:269:48 faccessat2:439:439 readlink:89:- readlinkat:267:78 getdents64:217:61 getdents:78:-
    getcwd:79:17 chdir:80:49 fchdir:81:50 umask:95:166 rename:82:- renameat:264:38 renameat2:316:276 unlink:87:-
    unlinkat:263:35 mkdir:83:- mkdirat:258:34 rmdir:84:- statfs:137:43 fstatfs:138:44
    brk:12:214 mmap:9:222 munmap:11:215 mremap:25:216 mprotect:10:226 madvise:28:233 msync:26:227 mincore:27:232
    membarrier:324:283
    rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigpending:127:136 rt_sigsuspend:130:133
    rt_sigtimedwait:128:137 sigaltstack:131:132 restart_syscall:219:128 pause:34:- alarm:37:- setitimer:38:103
    getitimer:36:102
    exit:60:93 exit_group:231:94 wait4:61:260 waitid:247:95 futex:202:98 set_robust_list:273:99
    get_robust_list:274:100 set_tid_address:218:96 rseq:334:293 arch_prctl:158:- sched_yield:24:124
    sched_getaffinity:204:123 getcpu:309:168 getpid:39:172 getppid:110:173 gettid:186:178 getuid:102:174
    geteuid:107:175 getgid:104:176 getegid:108:177 getgroups:115:158 getresuid:118:148 getresgid:120:150
    getpgrp:111:- getpgid:121:155 getsid:124:156
    uname:63:160 sysinfo:99:179 getrusage:98:165 times:100:153 getrlimit:97:163 getpriority:140:141 time:201:-
    gettimeofday:96:169 clock_gettime:228:113 clock_getres:229:114 clock_nanosleep:230:115 nanosleep:35:101
    getrandom:318:278
    poll:7:- ppoll:271:73 select:23:- pselect6:270:72 epoll_create:213:- epoll_create1:291:20 epoll_ctl:233:21
    epoll_wait:232:- epoll_pwait:281:22 epoll_pwait2:441:441 eventfd2:290:19 recvfrom:45:207 getsockname:51:204
    getpeername:52:205 getsockopt:55:209 shutdown:48:210
"""

# Allowed for some arguments only; see seccomp.py.
_CHECKED = """
    fcntl:72:25 ioctl:16:29 kill:62:129 tgkill:234:131 tkill:200:130 prlimit64:302:261 socketpair:53:199
    sendto:44:206
"""

# Refused with EPERM, which Python reports in plain words. What stands in no list is refused with ENOSYS, after which
# the C library falls back on an older call.
_REFUSED = """
    fork:57:- vfork:58:- clone:56:220 execve:59:221 execveat:322:281 ptrace:101:117 socket:41:198 connect:42:203
    bind:49:200 listen:50:201 accept:43:202 accept4:288:242 sendmsg:46:211 recvmsg:47:212 sendmmsg:307:269
    chmod:90:- fchmod:91:52 fchmodat:268:53 chown:92:- fchown:93:55 lchown:94:- fchownat:260:54 link:86:-
    linkat:265:37 symlink:88:- symlinkat:266:36 mknod:133:- mknodat:259:33 truncate:76:45 utime:132:-
    utimes:235:- utimensat:280:88 futimesat:261:- setxattr:188:5 lsetxattr:189:6 fsetxattr:190:7 setuid:105:146
    setgid:106:144 setreuid:113:145 setregid:114:143 setresuid:117:147 setresgid:119:149 setgroups:116:159
    setsid:112:157 setpgid:109:154 setrlimit:160:164 setpriority:141:140 prctl:157:167 unshare:272:97
    setns:308:268 mount:165:40 umount2:166:39 pivot_root:155:41 chroot:161:51 shmget:29:194 shmat:30:196
    shmctl:31:195 msgget:68:186 semget:64:190 mq_open:240:180 process_vm_readv:310:270 process_vm_writev:311:271
    memfd_create:319:279 bpf:321:280 perf_event_open:298:241 keyctl:250:219 add_key:248:217 request_key:249:218
    userfaultfd:323:282 pidfd_open:434:434 pidfd_send_signal:424:424 pidfd_getfd:438:438 io_uring_setup:425:425
    inotify_init1:294:26 sched_setaffinity:203:122 sched_setscheduler:144:119 personality:135:92 syslog:103:116
    reboot:169:142
"""


class Calls(NamedTuple):
    """The system calls of one machine, by name."""

    audit_arch: int
    allowed: dict[str, int]
    checked: dict[str, int]
    refused: dict[str, int]


def calls(machine: str) -> Calls | None:
    """The tables for `os.uname().machine`, or None where we have none."""
    if machine not in _MACHINES:
        return None
    column = _MACHINES[machine]
    return Calls(_AUDIT[machine], _table(_ALLOWED, column), _table(_CHECKED, column), _table(_REFUSED, column))


def _table(text: str, column: int) -> dict[str, int]:
    rows = [row.split(":") for row in text.split()]
    return {row[0]: int(row[1 + column]) for row in rows if row[1 + column] != "-"}
