using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;
using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.Framing;

/// <summary>Each worked frame of dcp-reference.md 7 is the frame that its words say, and is written again byte for byte.</summary>
public sealed partial class WorkedFramesTests
{
    public static TheoryData<string> Sections => [.. Enumerable.Range(1, 51).Select(number => string.Create(CultureInfo.InvariantCulture, $"7.{number}"))];

    [Theory]
    [MemberData(nameof(Sections))]
    public void A_worked_frame_is_what_it_says_and_is_written_again(string section)
    {
        var bytes = Reference.Bytes(section);
        var words = Header().Match(Reference.Section(section)).Groups;
        Assert.True(FrameScanner.TryScan(bytes, out var length));
        Assert.Equal(bytes.Length, length);
        Assert.Contains($"total on the wire: {bytes.Length} bytes", Reference.Section(section), StringComparison.Ordinal);

        var frame = Frame.Read(bytes);
        var header = frame.Header;
        Assert.Equal(
            (words["magic"].Value, words["opcode"].Value, words["key"].Value, words["extras"].Value, words["body"].Value, words["opaque"].Value, words["cas"].Value),
            ($"{(byte)header.Magic:X2}", $"{(byte)header.Opcode:X2}", $"{header.KeyLength}", $"{header.ExtrasLength}", $"{header.BodyLength}", $"{header.Opaque:X8}", $"{header.Cas:X16}"));

        var output = new ArrayBufferWriter<byte>();
        FrameWriter.Write(
            output, header.Magic, header.Opcode, header.VBucketOrStatus, header.Opaque, frame.FramingExtras, frame.Extras, frame.Key, frame.Value,
            header.Datatype, header.Cas);
        Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(output.WrittenSpan));
    }

    [GeneratedRegex(@"magic=(?<magic>\w+) opcode=(?<opcode>\w+) .*?keylen=(?<key>\d+) extlen=(?<extras>\d+) .*?bodylen=(?<body>\d+) opaque=0x(?<opaque>\w+) cas=0x(?<cas>\w+)")]
    private static partial Regex Header();
}
