"""The worker: what runs inside the walls. Standard library only, Python 3.10 syntax.

`bundle.py` assembles these modules into one source that goes into the worker through its stdin, so that every wall
(a process, a container) is served by the same bytes and the worker needs to read no file of ours.

    server       the fork server of a slot; never reads a job
    supervisor   one per job: drives the candidate, carries the tester's questions over, reports
    job          the candidate's life: started, called, timed, ended
    answers      what a candidate says, rebuilt before anyone else reads it
    candidate    runs the program, answers calls; sees arguments, never an expected value
    tester       runs a `check` module against a proxy of the candidate
    channels     frames over pipes, with deadlines, while output is drained
    values       exact builtin types as bytes and back; nothing else crosses
    walls        what each child puts on: capabilities, limits, landlock, seccomp (with syscalls, its tables)
    folder       the one writable folder: measured while a job runs, wiped after it
"""
