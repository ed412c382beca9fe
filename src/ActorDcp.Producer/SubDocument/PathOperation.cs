using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>One operation of a sub-document request.</summary>
/// <param name="Opcode">What to do; GET, SET and DELETE mean the whole document.</param>
/// <param name="Flags">How.</param>
/// <param name="Path">Where, as it came.</param>
/// <param name="Value">With what; empty for nothing.</param>
internal sealed record PathOperation(Opcode Opcode, PathFlags Flags, byte[] Path, byte[] Value)
{
    public bool IsXattr => (Flags & PathFlags.Xattr) != 0;

    public bool IsVirtual => IsXattr && Path is [(byte)'$', ..];

    public bool IsSystemXattr => IsXattr && Path is [(byte)'_', ..];

    public bool MakesParents => (Flags & PathFlags.MakeParents) != 0;

    /// <summary>Whether a success answers something.</summary>
    public bool HasResult => Opcode is Opcode.SubdocGet or Opcode.SubdocGetCount or Opcode.SubdocCounter or Opcode.Get;

    /// <summary>The name of the attribute that the path begins with.</summary>
    public ReadOnlySpan<byte> XattrKey
    {
        get
        {
            var end = Path.AsSpan().IndexOfAny((byte)'.', (byte)'[');
            return end < 0 ? Path : Path.AsSpan(0, end);
        }
    }
}
