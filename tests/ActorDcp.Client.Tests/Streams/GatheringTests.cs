using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Streams;

/// <summary>When takers are called: with all that had arrived, and never later than that.</summary>
public sealed class GatheringTests
{
    private const int FrameSize = 2048;
    private const int FramesOfABuffer = FrameTransport.ReceiveBufferSize / FrameSize;
    private const int Rounds = 20;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Whoever_waits_is_called_with_all_that_arrived_even_if_it_just_filled_the_buffer(int buffers)
    {
        var frames = buffers * FramesOfABuffer;
        using var sent = new SemaphoreSlim(0);
        using var waiting = new SemaphoreSlim(0);
        await using var server = new ScriptedServer(async node =>
        {
            var request = await node.LetInAsync();
            await node.AnswerAsync(request, Status.Success, Wire.FailoverLog((0xabc, 0)));
            var opaque = Wire.OpaqueOf(request);
            var seqno = 0UL;
            await node.SendAsync(Wire.Marker(opaque, 3, 0, uint.MaxValue));
            for (var round = 0; round < Rounds; round++)
            {
                await waiting.WaitAsync(node.Stopping);
                await node.SendAsync(Frame(opaque, ++seqno));
                // the read loop stands in the taker's callback
                var sending = node.SendAsync((byte[])[.. Enumerable.Range(0, frames).SelectMany(_ => Frame(opaque, ++seqno))]);
                sent.Release();
                await sending;
            }
            await node.ReadAsync(Opcode.Quit);
        });
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        var stream = await connection.StreamAsync(3);
        var most = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            var left = 1 + frames;
            var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            stream.WhenAvailable(() =>
            {
                sent.Wait(TimeSpan.FromSeconds(20));
                left -= Take(stream);
                if (left == 0)
                    called.SetResult();
                stream.WhenAvailable(() =>
                {
                    most = Math.Max(most, stream.QueuedBytes);
                    called.TrySetResult();
                });
            });
            waiting.Release();
            await called.Task.InTimeAsync();
            await stream.TakeEventsAsync(left);
        }

        Assert.Equal(new Seqno(Rounds * (1 + (ulong)frames)), stream.ReceivedSeqno);
        if (buffers > 1)
            Assert.InRange(most, FrameTransport.ReceiveBufferSize + 1, (buffers * FrameTransport.ReceiveBufferSize) + FrameSize);
    }

    private static int Take(DcpStream stream)
    {
        Assert.True(stream.TryTake(Taker.Epoch, out var batch));
        var count = batch.Count;
        batch.Release();
        return count;
    }

    private static byte[] Frame(uint opaque, ulong seqno)
    {
        var empty = Wire.Mutation(opaque, 3, seqno).Length;
        return Wire.Mutation(opaque, 3, seqno, valueLength: FrameSize - empty);
    }
}
