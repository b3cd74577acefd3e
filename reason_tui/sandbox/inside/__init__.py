"""The worker: what runs inside the walls. Standard library only, Python 3.10 syntax.

`bundle.py` assembles these modules into one source that goes into the worker through its stdin, so that every wall
(a process, a container) is served by the same bytes and the worker needs to read no file of ours.

    server       the fork server of a slot; never reads a job
    keeper       the candidates of one job as the server starts and ends them
    supervisor   one per job: drives the candidate, runs the tests that are code, reports
    job          the candidate's life: started, called, timed, ended
    answers      what a candidate says, rebuilt before anyone else reads it
    candidate    runs the program, answers calls; sees arguments, never an expected value
    tester       runs a `check` module against a proxy of the candidate
    testrun      runs test functions as pytest would (collecting, fixtures), with the part of it that is in pytest_shim
    exchange     objects that stay where they are, by handles, which ask for operations; callbacks the other way round
    trust        how far such an object is believed
    channels     frames over pipes, with deadlines, while output is drained; protocol has their shapes
    values       exact builtin types as bytes and back; nothing else crosses
    walls        what each child puts on: capabilities, limits, landlock, seccomp (with syscalls, its tables), seatbelt
    folder       the one writable folder: measured while a job runs, wiped after it
"""
