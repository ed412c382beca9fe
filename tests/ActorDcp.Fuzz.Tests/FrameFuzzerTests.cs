using ActorDcp.Fuzz.Frames;

namespace ActorDcp.Fuzz.Tests;

/// <summary>A short run of what <c>ActorDcp.Fuzz frames</c> runs for long.</summary>
public sealed class FrameFuzzerTests
{
    private const int Inputs = 50_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Damaged_frames_and_streams_are_read_or_refused_and_nothing_else(int seed)
    {
        var recorded = RecordedFrames.Load();
        Assert.True(recorded.Forms.Count > 300, $"{recorded.Forms.Count} frames");
        Assert.True(recorded.Streams.Count > 200, $"{recorded.Streams.Count} streams");
        using var fuzzer = new FrameFuzzer(recorded, seed);

        Assert.Null(fuzzer.Run(Inputs));

        Assert.Equal(Inputs, fuzzer.Inputs);
        Assert.Equal(Inputs, fuzzer.Read + fuzzer.Refused);
        Assert.True(fuzzer.Read > Inputs / 5 && fuzzer.Refused > Inputs / 5, $"read {fuzzer.Read}, refused {fuzzer.Refused}");
    }

    [Fact]
    public void What_is_not_damaged_is_read()
    {
        var recorded = RecordedFrames.Load();
        using var decoding = new StreamDecoding();
        var read = 0;
        foreach (var stream in recorded.Streams.Where(frames => FrameHeaderOpcode(frames[0]) == Protocol.Opcode.DcpSnapshotMarker))
        {
            // legacy streams have other keys, and where values are left out the Snappy bit tells nothing
            try
            {
                decoding.Read(stream.Select(frame => new ArraySegment<byte>(frame)), collections: true);
                read++;
            }
            catch (Exception exception) when (exception is Protocol.ProtocolException or InvalidDataException)
            {
                Assert.False(decoding.Leaks);
            }
        }
        Assert.True(read > 100, $"{read} streams");
    }

    private static Protocol.Opcode FrameHeaderOpcode(byte[] frame) => Protocol.FrameHeader.Read(frame).Opcode;
}
