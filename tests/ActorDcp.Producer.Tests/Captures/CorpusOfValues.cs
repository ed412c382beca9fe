using System.Security.Cryptography;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Values;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>Every value that a capture shows, by the digest under which the lists of items name it.</summary>
internal static class CorpusOfValues
{
    private static readonly Lazy<Dictionary<string, byte[]>> Values = new(Collect);

    public static byte[]? Find(string sha1) => sha1 == "da39a3ee5e6b4b0d3255bfef95601890afd80709" ? [] : Values.Value.GetValueOrDefault(sha1);

    /// <summary>The bytes of a value without the compression of the wire.</summary>
    public static byte[] Inflated(RawFrame frame)
    {
        if ((frame.Header.Datatype & Datatype.Snappy) == 0)
            return frame.Value;
        try
        {
            return SnappyBlock.Inflate(frame.Value);
        }
        catch (InvalidDataException)
        {
            // without values the bit tells only how the value is kept
            return frame.Value;
        }
    }

    private static Dictionary<string, byte[]> Collect()
    {
        var values = new Dictionary<string, byte[]>();
        foreach (var name in Capture.Names)
            foreach (var captured in Capture.Load(name).Events)
                if (captured is { IsClose: false } && captured.Opcode is Opcode.DcpMutation or Opcode.DcpDeletion or Opcode.DcpExpiration or Opcode.Set or Opcode.Get
                    && captured.Bytes!.Length > FrameHeader.Size)
                    Add(values, captured);
        return values;
    }

    private static void Add(Dictionary<string, byte[]> values, CapturedEvent captured)
    {
        RawFrame frame;
        try
        {
            frame = captured.Frame;
            _ = frame.Value;
        }
        catch (ProtocolException)
        {
            // sent malformed on purpose
            return;
        }
        var value = Inflated(frame);
        values.TryAdd(Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.SHA1, value)), value);
    }
}
