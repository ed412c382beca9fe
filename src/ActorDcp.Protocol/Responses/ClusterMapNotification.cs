using System.Buffers.Binary;
using System.Text;

namespace ActorDcp.Protocol.Responses;

/// <summary>
/// CLUSTERMAP_CHANGE_NOTIFICATION, magic 0x82 opcode 0x01, from the server (dcp-reference.md 2.6): extras @0 i64 epoch; @8 i64 rev (old
/// servers: i32 rev alone); key bucket; value the config, or nothing where it has to be fetched.
/// </summary>
public readonly ref struct ClusterMapNotification
{
    private const int ExtrasLength = 16;
    private const int OldExtrasLength = 4;

    private ClusterMapNotification(long epoch, long revision, string bucket, ReadOnlySpan<byte> configJson)
    {
        Epoch = epoch;
        Revision = revision;
        Bucket = bucket;
        ConfigJson = configJson;
    }

    /// <summary>Epoch of the config; 0 from old servers.</summary>
    public long Epoch { get; }

    /// <summary>Revision of the config within its epoch.</summary>
    public long Revision { get; }

    /// <summary>The bucket; empty for the global config.</summary>
    public string Bucket { get; }

    /// <summary>The config as JSON, inflated, <c>$HOST</c> not replaced; empty in a brief push.</summary>
    public ReadOnlySpan<byte> ConfigJson { get; }

    /// <summary>Reads a frame.</summary>
    /// <exception cref="ProtocolException">Another length of extras, or a value that cannot be inflated.</exception>
    public static ClusterMapNotification Read(in Frame frame)
    {
        var extras = frame.Extras;
        var (epoch, revision) = extras.Length switch
        {
            ExtrasLength => (BinaryPrimitives.ReadInt64BigEndian(extras), BinaryPrimitives.ReadInt64BigEndian(extras[8..])),
            OldExtrasLength => (0L, BinaryPrimitives.ReadInt32BigEndian(extras)),
            _ => throw new ProtocolException(
                $"a cluster map notification with {extras.Length} bytes of extras; {ExtrasLength} or {OldExtrasLength} expected"),
        };
        return new ClusterMapNotification(
            epoch, revision, Encoding.UTF8.GetString(frame.Key), ResponseRules.InflatedValue(frame));
    }
}
