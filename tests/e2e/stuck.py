"""A folder whose file system answers nothing: whoever opens a file in it waits in the kernel (state
D once a signal has come), and nothing ends that wait, KILL included, until release().

It is FUSE without a library: requests are read, so that the kernel cannot take them back, and left
unanswered. When the process that serves it dies they fail, so that nobody hangs for ever. Needs
root and /dev/fuse; the mount is seen by this process and its children only."""

import ctypes
import errno
import os
import struct
import threading

FUSE_INIT = 26
REQUEST_HEADER = "=IIQQIII"  # length, operation, number, inode, user, group, process
REPLY_HEADER = "=IiQ"    # length, -errno, number
INIT_REPLY = "=IIIIHHII"  # version, read-ahead, flags, background, congestion, write, granularity
INIT_REPLY_BYTES = 64
FUSE_PARALLEL_DIROPS = 1 << 18  # a second name is asked for while the first is
REQUEST_BYTES = 1 << 17
CLONE_NEWNS = 0x20000
MS_REC_PRIVATE = 0x4000 | 0x40000
MNT_DETACH = 2

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def have_own_mounts():
    """To be called before there is a thread. OSError: this is not for everybody."""
    os.close(os.open("/dev/fuse", os.O_RDWR))
    checked(libc.unshare(CLONE_NEWNS))
    checked(libc.mount(None, b"/", None, MS_REC_PRIVATE, None))


class StuckFolder:
    def __init__(self, path):
        self.path = path
        os.mkdir(path)
        self.fuse = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.fuse},rootmode=40755,user_id=0,group_id=0"
        checked(libc.mount(b"stuck", path.encode(), b"fuse", 0, options.encode()))
        self.lock = threading.Lock()
        self.unanswered = []
        self.released = False
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                request = os.read(self.fuse, REQUEST_BYTES)
            except InterruptedError:
                continue
            except OSError:  # no mount any more
                return
            _, operation, number, _, _, _, pid = struct.unpack_from(REQUEST_HEADER, request)
            if operation == FUSE_INIT:
                body = struct.pack(INIT_REPLY, 7, 31, 0, FUSE_PARALLEL_DIROPS, 12, 9, 4096, 1)
                self.reply(number, 0, body.ljust(INIT_REPLY_BYTES, b"\0"))
                continue
            with self.lock:
                if not self.released:
                    self.unanswered.append((number, pid))
                    continue
            self.reply(number, errno.EIO)

    def reply(self, number, failure, body=b""):
        header = struct.pack(REPLY_HEADER, struct.calcsize(REPLY_HEADER) + len(body), -failure,
                             number)
        try:
            os.write(self.fuse, header + body)
        except OSError:  # a request that needs no answer
            pass

    def waiting(self):
        """The processes that wait for an answer."""
        with self.lock:
            return {pid for _, pid in self.unanswered if pid}

    def release(self):
        """All who wait get EIO, as does whoever comes later."""
        with self.lock:
            self.released = True
            unanswered, self.unanswered = self.unanswered, []
        for number, _ in unanswered:
            self.reply(number, errno.EIO)

    def close(self):
        self.release()
        checked(libc.umount2(self.path.encode(), MNT_DETACH))
        self.thread.join()
        os.close(self.fuse)
