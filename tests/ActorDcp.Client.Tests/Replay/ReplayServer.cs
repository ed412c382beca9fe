using System.Buffers.Binary;
using System.Threading.Channels;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>
/// Plays the server's side of one recorded connection in the recorded order, and checks that our client asks what the recorded one
/// asked. What the recorded client sent and ours does not (statistics, documents, odd replies) is left out on both sides.
/// </summary>
internal sealed class ReplayServer
{
    private const int StreamExtrasLength = 48;
    private const int OpaqueOffset = 12;

    private readonly RecordedConnection _recorded;
    private readonly int _pieces;
    private readonly Channel<byte[]> _requests = Channel.CreateUnbounded<byte[]>();
    private readonly Channel<byte[]> _noopReplies = Channel.CreateUnbounded<byte[]>();
    private readonly Dictionary<uint, uint> _streams = [];
    private readonly Dictionary<(byte Opcode, uint Opaque), uint> _asked = [];

    private ReplayServer(RecordedConnection recorded, int pieces) => (_recorded, _pieces) = (recorded, pieces);

    /// <param name="recorded">What to play.</param>
    /// <param name="pieces">Bytes that are sent at a time; 0 sends whole frames.</param>
    internal static ScriptedServer Start(RecordedConnection recorded, int pieces) =>
        new(connection => new ReplayServer(recorded, pieces).PlayAsync(connection));

    private async Task PlayAsync(ScriptedConnection connection)
    {
        // the recorded node is a 7.6, which does not know this one
        var refused = _recorded.RefusedControls.Append(ControlKeys.MaxMarkerVersion).ToHashSet();
        var letIn = connection.LetInAsync(_recorded.HelloAnswer, refused, _recorded.ErrorMap);
        if (_recorded.Operations.Count > 0)
            await _requests.Writer.WriteAsync(await letIn, connection.Stopping);
        CheckOrder(connection);
        CheckSettings(connection);
        var reading = _recorded.Operations.Count > 0 ? ReadAsync(connection) : letIn;
        var operations = new Dictionary<RecordedFrame, RecordedOperation>(ReferenceEqualityComparer.Instance);
        foreach (var operation in _recorded.Operations)
            operations.Add(operation.Frame, operation);
        foreach (var frame in _recorded.Frames)
        {
            if (frame.FromClient)
            {
                if (operations.TryGetValue(frame, out var asked))
                    Meet(asked, await ReadAsync(_requests, connection));
            }
            else if (frame.Is(Opcode.DcpNoop))
            {
                await SendAsync(connection, frame.Bytes);
                var reply = FrameHeader.Read(await ReadAsync(_noopReplies, connection));
                Assert.Equal((Magic.Response, Status.Success, frame.Header.Opaque, 0), (reply.Magic, reply.Status, reply.Opaque, reply.BodyLength));
            }
            else if (Translate(frame) is { } bytes)
            {
                await SendAsync(connection, bytes);
            }
        }
        if (_recorded.ClosedByServer)
            return;
        // what is recorded is played; the client decides when it has seen enough
        await reading;
    }

    /// <summary>What both asked up to OPEN, they asked in the same order.</summary>
    private void CheckOrder(ScriptedConnection connection)
    {
        List<Opcode> ours = [.. connection.Asked.TakeWhile(opcode => opcode != Opcode.DcpOpen).Append(Opcode.DcpOpen).Distinct()];
        Assert.Equal([Opcode.Helo, Opcode.GetErrorMap], ours[..2]);
        var recorded = _recorded.Bootstrap;
        // HELO comes before the login or behind it (dcp-reference.md 2.1)
        var both = ours.Intersect(recorded).Where(opcode => opcode != Opcode.Helo || recorded[0] == Opcode.Helo).ToHashSet();
        Assert.Equal(recorded.Where(both.Contains), ours.Where(both.Contains));
    }

    private void CheckSettings(ScriptedConnection connection)
    {
        var open = connection.Settings.Single(setting => setting.Opcode == Opcode.DcpOpen);
        Assert.Equal($"00000000{_recorded.OpenFlags:x8}", open.Value);
        var made = connection.Settings.Where(setting => setting.Opcode == Opcode.DcpControl).ToDictionary(setting => setting.Key, setting => setting.Value);
        foreach (var (key, value) in _recorded.ControlsToAgree())
            Assert.True(made.TryGetValue(key, out var ours) && (value is null || ours == value), $"{key}: recorded {value}, ours {ours}");
    }

    private async Task ReadAsync(ScriptedConnection connection)
    {
        while (true)
        {
            var frame = await connection.ReadAsync();
            if (frame[0] == (byte)Magic.Request && frame[1] == (byte)Opcode.DcpBufferAck || frame[0] == (byte)Magic.ServerResponse)
                continue;
            var channel = frame[0] == (byte)Magic.Response && frame[1] == (byte)Opcode.DcpNoop ? _noopReplies : _requests;
            await channel.Writer.WriteAsync(frame, connection.Stopping);
        }
    }

    private static async Task<byte[]> ReadAsync(Channel<byte[]> channel, ScriptedConnection connection) =>
        await channel.Reader.ReadAsync(connection.Stopping).AsTask().InTimeAsync();

    /// <summary>Our client's request stands for the recorded one, and says the same.</summary>
    private void Meet(RecordedOperation operation, byte[] ours)
    {
        var recorded = operation.Frame;
        Assert.Equal(operation.Opcode, (Opcode)ours[1]);
        _asked[(recorded.Bytes[1], recorded.Opaque)] = Wire.OpaqueOf(ours);
        if (operation is RecordedOperation.Stream stream)
        {
            _streams[recorded.Opaque] = Wire.OpaqueOf(ours);
            if (!stream.IsStandIn)
                AssertSameRequest(stream, ours);
            return;
        }
        var frame = Frame.Read(ours);
        if (operation is RecordedOperation.Close)
        {
            Assert.Equal(FrameHeader.Read(recorded.Bytes).VBucket, frame.Header.VBucket);
            Assert.Equal(FrameHeader.Read(recorded.Bytes).FramingExtrasLength, frame.Header.FramingExtrasLength);
            return;
        }
        Assert.Equal(Convert.ToHexString(recorded.Bytes.AsSpan(0, OpaqueOffset)), Convert.ToHexString(ours.AsSpan(0, OpaqueOffset)));
        Assert.Equal(Convert.ToHexString(recorded.Bytes.AsSpan(OpaqueOffset + 4)), Convert.ToHexString(ours.AsSpan(OpaqueOffset + 4)));
    }

    private static void AssertSameRequest(RecordedOperation.Stream stream, byte[] ours)
    {
        Assert.Equal(stream.Request.VBucket, FrameHeader.Read(ours).VBucket);
        var expected = stream.Frame.Bytes.AsSpan(FrameHeader.Size, StreamExtrasLength).ToArray();
        // a complete snapshot may be named by its end alone (dcp-reference.md 4.4)
        if (expected.AsSpan(8, 8).SequenceEqual(expected.AsSpan(40, 8)))
            expected.AsSpan(8, 8).CopyTo(expected.AsSpan(32));
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(ours.AsSpan(FrameHeader.Size, StreamExtrasLength)));
        Assert.Equal(stream.Value, RecordedFilter.Read(Frame.Read(ours).Value));
    }

    /// <summary>A recorded message as it would have come to our client; null when it answers what ours did not ask.</summary>
    private byte[]? Translate(RecordedFrame frame)
    {
        if (frame.Bytes[0] == (byte)Magic.ServerRequest)
            return frame.Bytes;
        uint opaque;
        if (frame.IsResponse ? !_asked.Remove((frame.Bytes[1], frame.Opaque), out opaque) : !_streams.TryGetValue(frame.Opaque, out opaque))
            return null;
        var bytes = (byte[])frame.Bytes.Clone();
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(OpaqueOffset), opaque);
        return bytes;
    }

    private async Task SendAsync(ScriptedConnection connection, byte[] bytes)
    {
        if (_pieces == 0)
        {
            await connection.SendAsync(bytes);
            return;
        }
        for (var at = 0; at < bytes.Length; at += _pieces)
            await connection.SendAsync(bytes.AsMemory(at, Math.Min(_pieces, bytes.Length - at)));
    }
}
