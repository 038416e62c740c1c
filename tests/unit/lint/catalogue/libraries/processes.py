# settings: {"catalogues": ["processes", "asyncio:process"]}
"""Processes and executors, which a project asks for."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.dummy import Pool as ThreadPool

import psutil


def waited_for():
    process = subprocess.Popen(["true"])
    process.wait()


def never_waited_for():
    process = subprocess.Popen(["true"])  # expect: NAQ103@15 process 'process' is never closed; use 'with subprocess.Popen(["true"]) as process' (its block waits)
    print(process.pid)


async def communicated_with():
    process = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE)
    return await process.communicate(b"x")


async def forgotten():
    process = await asyncio.create_subprocess_exec("cat")  # expect: NAQ103@21 process 'process' is never closed; call 'process.kill()' in a 'finally'
    print(process.pid)


def executor(items):
    pool = ThreadPoolExecutor()  # expect: NAQ103@12 executor 'pool' is never closed; use 'with ThreadPoolExecutor() as pool'
    return list(pool.map(str, items))


def executor_in_a_block(items):
    with ThreadPoolExecutor() as pool:
        return list(pool.map(str, items))


def killed_inside_of_the_block_that_waits(command):
    with subprocess.Popen(command) as process:
        try:
            return process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def returned_with_its_exit_code(command):
    with subprocess.Popen(command) as process:
        process.wait()
        return process


def stop(process):
    process.terminate()
    process.wait()


def wait_for(process):
    process.communicate()


def stopped_by_a_function_after_a_wait_that_fails(command):
    process = subprocess.Popen(command)
    try:
        wait_for(process)
    except BaseException:
        stop(process)
        raise


def pool_that_finishes_its_tasks(items):
    with multiprocessing.Pool() as pool:
        pool.map(str, items)
        pool.close()
        pool.join()


def pool_of_threads(items):
    pool = ThreadPool(4)  # expect: NAQ103@12 process pool 'pool' is never closed; call 'pool.close()' in a 'finally'
    return pool.map(str, items)


def executor_closed_twice(items):
    with ThreadPoolExecutor() as pool:
        pool.map(str, items)
        pool.shutdown()  # expect: NAQ107@9 executor 'pool' is closed by hand inside the block that closes it; remove the call


class WaitsForItsProcess:
    def __init__(self, command):
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)

    def ask(self, question):
        self._process.stdin.write(question)

    def close(self):
        if self._process is not None:
            self._process.communicate()
            self._process = None


class WaitsByAnotherName:
    def __init__(self, command):
        self.process = subprocess.Popen(command)

    def close(self):
        process = self.process
        process.stdin.close()
        process.wait()


class WaitsForNothing:
    def __init__(self, command):
        self._process = subprocess.Popen(command)  # expect: NAQ108@25 process 'self._process' is closed by no method of class 'WaitsForNothing'; add one that calls 'self._process.kill()', or use a context manager

    def ask(self):
        return self._process.poll()


# Silent: it is started to go on without this process.
def in_a_session_of_its_own(command, log):
    subprocess.Popen(command, stdout=log, start_new_session=True)


def in_a_session_of_its_own_until_a_line_fails(command):
    process = subprocess.Popen(command, start_new_session=True)  # expect: NAQ102
    print(command.text())
    process.wait()


def in_a_group_of_its_own_on_windows(command, flags):
    subprocess.Popen(command, creationflags=subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW)
    subprocess.Popen(command, creationflags=subprocess.DETACHED_PROCESS)
    subprocess.Popen(command, creationflags=subprocess.CREATE_NO_WINDOW)  # expect: NAQ103
    subprocess.Popen(command, creationflags=flags)  # expect: NAQ103


def in_a_session_of_its_own_by_a_function(command):
    subprocess.Popen(command, preexec_fn=os.setsid)


async def in_a_session_of_its_own_by_a_coroutine(command):
    await asyncio.create_subprocess_exec(command, start_new_session=True)


def in_a_session_of_its_own_by_options(command, windows):
    options = {"close_fds": True}
    options["creationflags" if windows else "start_new_session"] = 8 if windows else True
    subprocess.Popen(command, **options)


def in_a_session_of_its_own_by_a_dict(command):
    options = dict(start_new_session=True)
    subprocess.Popen(command, **options)


def in_this_session_by_options(command, **options):
    subprocess.Popen(command, **options)  # expect: NAQ103


def beside_one_that_names_a_session(command, log):
    log(start_new_session=True)
    subprocess.Popen(command)  # expect: NAQ103


def in_this_session(command):
    subprocess.Popen(command, start_new_session=False)  # expect: NAQ103@5 process is never closed; use 'with subprocess.Popen(command, start_new_session=False) as p' (its block waits); or pass 'start_new_session=True' if it is to go on without this process


async def in_this_session_by_a_coroutine(command):
    await asyncio.create_subprocess_exec(command)  # expect: NAQ103@11 process is never closed; give it a name, and call 'process.kill()' in a 'finally'; or pass 'start_new_session=True' if it is to go on without this process


# Silent: the process ends, and the new one goes on.
def restarted(command):
    subprocess.Popen(command)
    os._exit(0)


def restarted_and_written_down(command):
    process = subprocess.Popen(command)
    print(process.pid)
    os._exit(0)


def restarted_in_some_cases(command, again):
    process = subprocess.Popen(command)  # expect: NAQ103
    print(process.pid)
    if again:
        os._exit(0)


# Silent: a process that a loop asks for has ended behind it, and is reaped.
def polled_until_its_end(command):
    process = subprocess.Popen(command)
    while process.poll() is None:
        time.sleep(1)


def polled_for_its_code(command):
    process = subprocess.Popen(command)
    while True:
        code = process.poll()
        if code is not None:
            return code
        time.sleep(1)


def killed_after_a_time(command, end):
    process = subprocess.Popen(command)
    while process.poll() is None:
        if time.time() > end:
            process.kill()
            break


def polled_once(command):
    process = subprocess.Popen(command)  # expect: NAQ103
    return process.poll()


def another_is_polled(command, other):
    process = subprocess.Popen(command)  # expect: NAQ103
    while other.poll() is None:
        print(process.pid)


def polled_unless_a_line_fails(command, log):
    process = subprocess.Popen(command)  # expect: NAQ102
    log.write(process.pid)
    while process.poll() is None:
        time.sleep(1)
    process.kill()


def started_before_an_exit_that_may_be_taken(command):
    process = subprocess.Popen(command)  # expect: NAQ103
    print(process.pid)
    sys.exit(0)


class RunsInAnExecutor:
    def __init__(self):
        self.executor = ThreadPoolExecutor()  # expect: NAQ108

    async def run(self, loop, function):
        return await loop.run_in_executor(self.executor, function)


# Silent: to ask does not fail.
def asked_whether_it_ended(command):
    process = subprocess.Popen(command)
    if process.poll() is not None:
        return None
    return process


def told_something(command):
    process = subprocess.Popen(command)  # expect: NAQ102
    process.send_signal(2)
    return process


# Silent: the block would wait for what the code ends.
def killed_in_the_end(command):
    process = subprocess.Popen(command)
    try:
        time.sleep(int(command[0]))
    finally:
        process.kill()
        process.wait()


# Silent: other code ends the process by its number.
def written_down(command, path):
    process = subprocess.Popen(command)
    path.write_text(str(process.pid))


def written_down_in_a_line(command, path):
    process = subprocess.Popen(command)
    path.write_text(f"{process.pid} {command}")


def returned_by_its_number(command):
    process = subprocess.Popen(command)
    return command, process.pid


async def looked_up_by_its_number(command):
    process = await asyncio.create_subprocess_exec(command)
    return psutil.Process(process.pid)


def kept_by_its_number(self, command):
    process = subprocess.Popen(command)
    self.pid = process.pid


def given_a_name(command):
    process = subprocess.Popen(command)  # expect: NAQ103
    number = process.pid
    print(number)


def shown_in_a_line(command, log):
    process = subprocess.Popen(command)  # expect: NAQ103
    log.info("started %s", str(process.pid))


def asked_for_its_number(command):
    process = subprocess.Popen(command)  # expect: NAQ103
    if process.pid > 1:
        print("started")


def number_of_another(command, other):
    process = subprocess.Popen(command)  # expect: NAQ103
    return other.pid, process.args


# Silent: a block would wait for what runs.
def executor_that_is_not_awaited(items):
    pool = ThreadPoolExecutor()
    try:
        return [pool.submit(work, item) for item in items]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def executor_that_is_closed(items):
    pool = ThreadPoolExecutor()  # expect: NAQ101@12 executor 'pool' is closed by hand; use 'with ThreadPoolExecutor() as pool'
    try:
        return [pool.submit(work, item) for item in items]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


# Silent: the outer loop goes on behind the end of the process.
def started_again(limit):
    while True:
        process = subprocess.Popen(["ls"])
        while True:
            time.sleep(5)
            if time.time() > limit:
                process.terminate()
                process.wait()
                break
            if process.poll() is not None:
                break


def killed_in_a_loop_that_sleeps(command, end):
    process = subprocess.Popen(command)
    while process.poll() is None:
        if time.time() > end:
            process.kill()
            break
        time.sleep(1)


def killed_behind_a_loop_that_fails(command, step):
    process = subprocess.Popen(command)  # expect: NAQ102
    while process.poll() is None:
        step()
    process.kill()


def started_too_often(limit):
    while True:
        process = subprocess.Popen(["ls"])  # expect: NAQ102@19 process 'process' stays open when line +0 rebinds it; use 'with subprocess.Popen(["ls"]) as process' (its block waits)
        time.sleep(5)
        if time.time() > limit:
            process.terminate()
            process.wait()
            break


# Silent: a process that has a result has ended, and is reaped.
def asked_in_the_end(command, step):
    process = subprocess.Popen(command)
    try:
        step()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def asked_in_the_end_for_its_code(command, step):
    process = subprocess.Popen(command)
    try:
        step()
    finally:
        process.poll()
        if process.returncode is None:
            process.terminate()


def asked_in_the_end_of_a_generator(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        yield from process.stdout
    finally:
        if process.poll() == None:
            process.kill()
            process.wait()


def stop_unless_it_ended(process):
    if process.poll() is not None:
        return
    process.kill()


def asked_by_a_function(command, step):
    process = subprocess.Popen(command)
    try:
        step()
    finally:
        stop_unless_it_ended(process)


def ended_too_early(command):
    process = subprocess.Popen(command)
    if process.poll() is not None:
        raise ValueError(process.returncode)
    process.wait()


async def asked_by_a_coroutine(command, step):
    process = await asyncio.create_subprocess_exec(command)
    try:
        await step()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def asked_for_a_code_that_is_true(command, step):
    process = await asyncio.create_subprocess_exec(command)
    try:
        await step()
    finally:
        if not process.returncode:
            process.kill()


def asked_in_the_end_behind_its_pipe(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        yield from process.stdout
    finally:
        process.stdout.close()
        if process.poll() is None:
            process.kill()


def asked_in_the_end_behind_a_pipe_to_it(command, step):
    process = subprocess.Popen(command, stdin=subprocess.PIPE)  # expect: NAQ102
    try:
        step()
    finally:
        process.stdin.close()
        if process.poll() is None:
            process.kill()


def asked_where_it_may_not_exist(command):
    try:
        process = subprocess.Popen(command)
        process.wait()
    finally:
        if process.returncode is None:
            process.kill()  # expect: NAQ104


async def asked_until_its_end(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE)  # expect: NAQ102
    while process.poll() is None:
        await asyncio.sleep(1)
    return process.communicate()


def waited_for_in_a_test(command):
    process = subprocess.Popen(command)
    if process.wait() is None:
        print("never")


def killed_where_it_has_ended(command, step):
    process = subprocess.Popen(command)  # expect: NAQ102
    try:
        step()
    finally:
        if process.poll() is not None:
            process.kill()


def asked_for_its_input_in_the_end(command, step):
    process = subprocess.Popen(command)  # expect: NAQ102
    try:
        step()
    finally:
        if process.stdin is None:
            process.kill()
            process.wait()


async def asked_for_another_in_the_end(command, step, other):
    process = await asyncio.create_subprocess_exec(command)  # expect: NAQ102
    try:
        await step()
    finally:
        if other.returncode is None:
            process.kill()


# Silent: a process that has a result has ended, however it is asked.
def killed_unless_it_has_a_result(command, work):
    process = subprocess.Popen(command)
    try:
        work()
    finally:
        if not process.poll():
            process.kill()
            process.wait()


def killed_unless_it_has_a_code(command, work):
    process = subprocess.Popen(command)
    try:
        work()
    finally:
        code = process.poll()
        if code is None:
            process.kill()
            code = process.wait()
    return code


def killed_unless_it_has_a_code_of_any_value(command, work):
    code = None
    process = subprocess.Popen(command)
    try:
        work()
    finally:
        code = process.poll()
        if not code:
            process.kill()
            process.wait()


def left_where_it_has_no_code(command, work):
    process = subprocess.Popen(command)  # expect: NAQ102
    work(process.pid)
    code = process.poll()
    if code is not None:
        process.kill()
    return code


def another_has_the_code(command, other, work):
    process = subprocess.Popen(command)  # expect: NAQ102
    try:
        work()
    finally:
        code = other.poll()
        if code is None:
            process.kill()


def another_may_have_the_code(command, other, work):
    process = subprocess.Popen(command)  # expect: NAQ102
    try:
        work()
    finally:
        code = process.poll()
        if other:
            code = other.poll()
        if code is None:
            process.kill()


def left_where_it_has_no_result(command, work):
    process = subprocess.Popen(command)  # expect: NAQ102
    work(process.pid)
    if process.poll():
        process.kill()
