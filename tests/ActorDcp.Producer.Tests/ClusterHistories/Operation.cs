using System.Globalization;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>One KV request.</summary>
internal sealed record Operation(Opcode Opcode, VBucketId VBucket, uint Collection, string Name)
{
    /// <summary>The document; null where there is none.</summary>
    public string? Value { get; init; }

    /// <summary>Seconds from now; 0 never.</summary>
    public uint Expiry { get; init; }

    /// <summary>1 to 3; 0 for a write that is not durable.</summary>
    public byte Level { get; init; }

    public ushort Timeout { get; init; }

    public string Key => string.Create(CultureInfo.InvariantCulture, $"{Collection}:{Name}");

    public byte[] WireKey => CollectionKey.Encode(Collection, Encoding.UTF8.GetBytes(Name));

    public byte[] Extras => Opcode switch
    {
        Opcode.Set => [.. new byte[4], .. RawClient.U32(Expiry)],
        Opcode.Touch => RawClient.U32(Expiry),
        _ => [],
    };

    public byte[] Framing => Level == 0 ? [] : [0x13, Level, (byte)(Timeout >> 8), (byte)Timeout];

    public override string ToString() => $"{Opcode} {VBucket} {Key}={Value}{(Level > 0 ? $" level {Level}" : "")}{(Expiry > 0 ? $" for {Expiry} s" : "")}";
}
