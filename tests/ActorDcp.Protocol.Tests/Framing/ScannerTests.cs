using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.Framing;

public sealed class ScannerTests
{
    // frames of every kind, with and without framing extras, of both sides
    private static readonly string[] Sessions =
        ["basics-memory-full", "streamid-two-filtered", "streamid-deletions-v2", "topology-move-push-full", "syncwrites-live", "kv-operations"];

    private static byte[] Stream(string session, bool fromClient) =>
        [.. Capture.Load(session).Frames.Where(frame => frame.FromClient == fromClient).SelectMany(frame => frame.Bytes)];

    private static List<int> LengthsOf(string session, bool fromClient) =>
        [.. Capture.Load(session).Frames.Where(frame => frame.FromClient == fromClient).Select(frame => frame.Bytes.Length)];

    public static TheoryData<string, bool> Directions()
    {
        var data = new TheoryData<string, bool>();
        foreach (var session in Sessions)
        {
            data.Add(session, true);
            data.Add(session, false);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Directions))]
    public void Frames_are_found_in_a_whole_recording(string session, bool fromClient) =>
        Assert.Equal(LengthsOf(session, fromClient), Scan([Stream(session, fromClient)]));

    [Theory]
    [MemberData(nameof(Directions))]
    public void Frames_are_found_when_bytes_come_one_at_a_time(string session, bool fromClient) =>
        Assert.Equal(LengthsOf(session, fromClient), Scan(Stream(session, fromClient).Select(single => new[] { single })));

    [Theory]
    [MemberData(nameof(Directions))]
    public void Frames_are_found_wherever_the_bytes_are_split(string session, bool fromClient)
    {
        var frames = Capture.Load(session).Frames.Where(frame => frame.FromClient == fromClient).Take(25).ToList();
        byte[] bytes = [.. frames.SelectMany(frame => frame.Bytes)];
        var lengths = frames.Select(frame => frame.Bytes.Length).ToList();
        for (var split = 0; split <= bytes.Length; split++)
            Assert.Equal(lengths, Scan([bytes[..split], bytes[split..]]));
    }

    [Theory]
    [MemberData(nameof(Directions))]
    public void The_length_of_a_frame_is_known_with_its_header_and_not_before(string session, bool fromClient)
    {
        var frame = Capture.Load(session).Frames.First(frame => frame.FromClient == fromClient).Bytes;
        for (var length = 0; length < FrameHeader.Size; length++)
        {
            Assert.False(FrameScanner.TryScan(frame.AsSpan(0, length), out var unknown));
            Assert.Equal(0, unknown);
        }
        Assert.Equal(frame.Length == FrameHeader.Size, FrameScanner.TryScan(frame.AsSpan(0, FrameHeader.Size), out var known));
        Assert.Equal(frame.Length, known);
    }

    [Theory]
    [InlineData(16 * 1024 - 24, true)]
    [InlineData(16 * 1024 - 23, false)]
    public void A_frame_beyond_the_limit_is_refused_as_soon_as_its_header_is_there(int bodyLength, bool accepted)
    {
        var header = new byte[FrameHeader.Size];
        new FrameHeader { Magic = Magic.Response, Opcode = Opcode.Helo, BodyLength = bodyLength }.Write(header);
        if (accepted)
            Assert.False(FrameScanner.TryScan(header, out _, FrameScanner.MaxFrameLengthBeforeAuthentication));
        else
            Assert.Throws<ProtocolException>(() => FrameScanner.TryScan(header, out _, FrameScanner.MaxFrameLengthBeforeAuthentication));
    }

    [Theory]
    [InlineData("ffffffff")]
    [InlineData("80000000")]
    [InlineData("7fffffff")]
    [InlineData("01e00001")]
    public void An_absurd_body_length_is_refused(string bodyLength)
    {
        var header = Convert.FromHexString("81100000000000000000000000000000" + "0000000000000000");
        Convert.FromHexString(bodyLength).CopyTo(header, 8);
        Assert.Throws<ProtocolException>(() => FrameScanner.TryScan(header, out _));
    }

    [Fact]
    public void Every_unknown_magic_is_refused_and_every_known_one_accepted()
    {
        var header = new byte[FrameHeader.Size];
        for (var magic = 0; magic <= byte.MaxValue; magic++)
        {
            header[0] = (byte)magic;
            if (Enum.IsDefined((Magic)magic))
                Assert.True(FrameScanner.TryScan(header, out _));
            else
                Assert.Throws<ProtocolException>(() => FrameScanner.TryScan(header, out _));
        }
    }

    /// <summary>Receives pieces into a buffer as a socket would and returns the lengths of the frames found.</summary>
    private static List<int> Scan(IEnumerable<byte[]> pieces)
    {
        var found = new List<int>();
        var buffer = Array.Empty<byte>();
        int start = 0, end = 0;
        foreach (var piece in pieces)
        {
            if (end + piece.Length > buffer.Length)
            {
                var grown = new byte[Math.Max(2 * buffer.Length, end - start + piece.Length)];
                buffer.AsSpan(start, end - start).CopyTo(grown);
                (buffer, end, start) = (grown, end - start, 0);
            }
            piece.CopyTo(buffer, end);
            end += piece.Length;
            while (FrameScanner.TryScan(buffer.AsSpan(start, end - start), out var length))
            {
                Frame.Read(buffer.AsSpan(start, length));
                found.Add(length);
                start += length;
            }
        }
        Assert.Equal(start, end);
        return found;
    }
}
