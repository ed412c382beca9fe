using System.Buffers.Binary;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>What our client made of one recorded stream, taken as it came.</summary>
internal sealed class ReplayedStream
{
    private readonly List<DcpBatch> _batches = [];
    private int _count;

    private ReplayedStream(RecordedOperation.Stream asked, StreamRequestResult.Opened opened)
    {
        Asked = asked;
        Opened = opened;
        Draining = Task.Run(TakeAsync);
    }

    internal RecordedOperation.Stream Asked { get; }

    internal StreamRequestResult.Opened Opened { get; }

    /// <summary>Copies of the batches.</summary>
    internal IReadOnlyList<DcpBatch> Batches
    {
        get
        {
            lock (_batches)
                return [.. _batches];
        }
    }

    internal int Count => Volatile.Read(ref _count);

    /// <summary>Ends when the stream has.</summary>
    internal Task Draining { get; }

    internal static ReplayedStream Start(RecordedOperation.Stream asked, StreamRequestResult.Opened opened) => new(asked, opened);

    /// <summary>Whether a recorded message becomes an event.</summary>
    internal static bool IsEvent(RecordedFrame frame) => !frame.IsResponse && (Opcode)frame.Bytes[1]
        is Opcode.DcpMutation or Opcode.DcpDeletion or Opcode.DcpExpiration or Opcode.DcpSystemEvent or Opcode.DcpSeqnoAdvanced
        or Opcode.DcpOsoSnapshot or Opcode.DcpPrepare or Opcode.DcpCommit or Opcode.DcpAbort;

    /// <summary>The seqno of a recorded event, read without our reader; 0 for the bounds of an out-of-order snapshot.</summary>
    internal static ulong SeqnoOf(RecordedFrame frame)
    {
        var bytes = frame.Bytes;
        // three framing bytes even where the header says none (dcp-reference.md 10, quirk 1)
        var extras = bytes.AsSpan(FrameHeader.Size + (bytes[0] == (byte)Magic.FlexibleRequest ? 3 : 0));
        return (Opcode)bytes[1] switch
        {
            Opcode.DcpOsoSnapshot => 0,
            Opcode.DcpCommit or Opcode.DcpAbort => BinaryPrimitives.ReadUInt64BigEndian(extras[8..]),
            _ => BinaryPrimitives.ReadUInt64BigEndian(extras),
        };
    }

    private async Task TakeAsync()
    {
        var source = Opened.Source;
        while (true)
        {
            var available = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            source.WhenAvailable(() => available.TrySetResult());
            await available.Task;
            while (source.TryTake(Taker.Epoch, out var batch))
            {
                lock (_batches)
                    _batches.Add(batch.ToOwned());
                Interlocked.Add(ref _count, batch.Count);
                batch.Release();
            }
            if (source.Ending is not null)
                return;
        }
    }
}
