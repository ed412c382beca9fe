using System.Buffers.Binary;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

/// <summary>A frame that a test received, with its own copy of the bytes.</summary>
internal sealed class RawFrame(byte[] bytes)
{
    public FrameHeader Header { get; } = FrameHeader.Read(bytes);

    public int Length => bytes.Length;

    public ReadOnlyMemory<byte> Bytes => bytes;

    public Opcode Opcode => Header.Opcode;

    public Status Status => Header.Status;

    public byte[] Extras => Frame.Read(bytes).Extras.ToArray();

    public byte[] FramingExtras => Frame.Read(bytes).FramingExtras.ToArray();

    public byte[] Key => Frame.Read(bytes).Key.ToArray();

    public byte[] Value => Frame.Read(bytes).Value.ToArray();

    public string ValueText => Encoding.UTF8.GetString(Value);

    /// <summary>First eight bytes of the extras: the seqno of an event.</summary>
    public ulong Seqno => BinaryPrimitives.ReadUInt64BigEndian(Extras);

    public bool IsEvent => Opcode is Opcode.DcpMutation or Opcode.DcpDeletion or Opcode.DcpExpiration;

    /// <summary>As a test writes down what it expects.</summary>
    public override string ToString() => Opcode switch
    {
        Opcode.DcpSnapshotMarker when Extras.Length == 20 =>
            $"marker [{Seqno},{U64(Extras, 8)}] 0x{U32(Extras, 16):x2}",
        Opcode.DcpSnapshotMarker =>
            $"marker2.{Extras[0]} [{U64(Value, 0)},{U64(Value, 8)}] 0x{U32(Value, 16):x2}",
        Opcode.DcpMutation => $"mutation {Seqno} {KeyText}",
        Opcode.DcpDeletion => $"deletion {Seqno} {KeyText}",
        Opcode.DcpExpiration => $"expiration {Seqno} {KeyText}",
        Opcode.DcpSystemEvent => $"event {Seqno} {U32(Extras, 8)} v{Extras[12]} {KeyText} {Convert.ToHexStringLower(Value)}",
        Opcode.DcpOsoSnapshot => $"oso {U32(Extras, 0)}",
        Opcode.DcpSeqnoAdvanced => $"advanced {Seqno}",
        Opcode.DcpStreamEnd => $"end {U32(Extras, 0)}",
        Opcode.DcpSetVBucketState when Header.IsRequest => $"state {Extras[0]}",
        Opcode.DcpNoop => "noop",
        _ => $"{Header.Magic} {Opcode} {(Header.IsResponse ? Status : "")}",
    };

    private string KeyText => Encoding.UTF8.GetString(Key);

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(at));

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
}
