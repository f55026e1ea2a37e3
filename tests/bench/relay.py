"""relay.py HOST:PORT RTT-MS - a longer way to HOST:PORT: prints the port that it listens on.

What is sent arrives half a round trip later, in either direction, and in order. The kernel accepts
a connection of 127.0.0.1 at once, so the first bytes on each are kept for a round trip more: the
one that TCP's handshake would have taken."""

import asyncio
import sys

CHUNK_BYTES = 65536


async def deliver(queue, writer):
    loop = asyncio.get_running_loop()
    while True:
        due, data = await queue.get()
        await asyncio.sleep(max(0, due - loop.time()))
        if not data:
            break
        writer.write(data)
    if writer.can_write_eof():
        writer.write_eof()


async def carry(reader, writer, delay_s, first_s):
    queue = asyncio.Queue()
    delivery = asyncio.create_task(deliver(queue, writer))
    loop = asyncio.get_running_loop()
    free = loop.time() + first_s
    try:
        while True:
            data = await reader.read(CHUNK_BYTES)
            queue.put_nowait((max(loop.time(), free) + delay_s, data))
            if not data:
                break
        await delivery
    except OSError:  # cut at one end: to be cut at the other
        delivery.cancel()
        writer.transport.abort()


async def serve(host, port, rtt_s):
    async def connected(reader, writer):
        far_reader, far_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(carry(reader, far_writer, rtt_s / 2, rtt_s),
                             carry(far_reader, writer, rtt_s / 2, 0), return_exceptions=True)
        far_writer.close()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


host_text, _, port_text = sys.argv[1].rpartition(":")
try:
    asyncio.run(serve(host_text, int(port_text), float(sys.argv[2]) / 1000))
except KeyboardInterrupt:
    pass
