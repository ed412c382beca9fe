using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>One connection of a recording, and what our client has to be told to ask the same.</summary>
internal sealed class RecordedConnection(int number, IReadOnlyList<RecordedFrame> frames)
{
    private const int OpenFlagsOffset = FrameHeader.Size + 4;

    internal int Number { get; } = number;

    internal IReadOnlyList<RecordedFrame> Frames { get; } = frames;

    internal byte[] HelloAnswer => Frame.Read(Frames.First(frame => frame.Is(Opcode.Helo, response: true)).Bytes).Value.ToArray();

    internal bool HasStreams => OpenFlags is not null && Frames.Any(frame => frame.FromClient && frame.Is(Opcode.DcpStreamReq));

    internal uint? OpenFlags => Frames.FirstOrDefault(frame => frame.FromClient && frame.Is(Opcode.DcpOpen)) is { } open
        ? BinaryPrimitives.ReadUInt32BigEndian(open.Bytes.AsSpan(OpenFlagsOffset))
        : null;

    internal bool Xattrs => (OpenFlags & 0x04) != 0;

    internal bool DeleteTimes => (OpenFlags & 0x20) != 0;

    /// <summary>Whether the expiry opcode was asked for and is in force.</summary>
    internal bool Expirations => DeleteTimes && Controls.Contains("enable_expiry_opcode");

    internal IReadOnlyList<string> Controls => [.. Frames
        .Where(frame => frame.FromClient && frame.Is(Opcode.DcpControl))
        .Select(frame => Encoding.ASCII.GetString(Frame.Read(frame.Bytes).Key))];

    internal DcpConnectionOptions Options(KvEndpoint endpoint)
    {
        var hello = Convert.ToHexStringLower(HelloAnswer).Chunk(4).Select(code => new string(code)).ToHashSet();
        return Tests.Options.For(endpoint) with
        {
            Xattrs = Xattrs,
            DeleteTimes = DeleteTimes,
            Collections = hello.Contains("0012"),
            Compression = hello.Contains("000a") ? DcpCompression.On : DcpCompression.Off,
        };
    }

    /// <summary>The stream requests of the recording, and what they ask for; null where a legal client cannot ask so.</summary>
    internal IReadOnlyList<(RecordedFrame Frame, StreamRequest? Request)> StreamRequests => [.. Frames
        .Where(frame => frame.FromClient && frame.Is(Opcode.DcpStreamReq))
        .Select(frame => (frame, ReadRequest(Frame.Read(frame.Bytes))))];

    /// <summary>What the server sent for a stream request; opaques may have been used again later.</summary>
    internal IReadOnlyList<RecordedFrame> AnswersTo(RecordedFrame request) => [.. Frames
        .SkipWhile(frame => !ReferenceEquals(frame, request)).Skip(1)
        .TakeWhile(frame => !(frame.FromClient && frame.Is(Opcode.DcpStreamReq) && frame.Header.Opaque == request.Header.Opaque))
        .Where(frame => !frame.FromClient && frame.Header.Opaque == request.Header.Opaque)];

    private static StreamRequest? ReadRequest(Frame frame)
    {
        var extras = frame.Extras.ToArray();
        if (extras.Length != 48)
            return null;
        var numbers = Enumerable.Range(1, 5).Select(i => BinaryPrimitives.ReadUInt64BigEndian(extras.AsSpan(8 * i))).ToArray();
        var flags = (StreamRequestFlags)BinaryPrimitives.ReadUInt32BigEndian(extras);
        try
        {
            var from = new StreamOffset(
                new VBucketUuid(numbers[2]), new Seqno(numbers[0]), new StreamSnapshot(new Seqno(numbers[3]), new Seqno(numbers[4])));
            // an offset at its snapshot's end claims [seqno, seqno]: then ours would not be the recorded request
            return (from.Snapshot.Start.Value, from.Snapshot.End.Value) == (numbers[3], numbers[4]) && frame.Value.IsEmpty
                ? new StreamRequest(frame.Header.VBucket, from, new Seqno(numbers[1]), Flags: flags)
                : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
