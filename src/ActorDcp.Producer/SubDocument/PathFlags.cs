namespace ActorDcp.Producer.SubDocument;

/// <summary>Flags of one path of a sub-document operation (dcp-reference.md 3.21).</summary>
[Flags]
internal enum PathFlags : byte
{
    None = 0,
    /// <summary>Missing parents are made.</summary>
    MakeParents = 0x01,
    /// <summary>The path leads into an extended attribute, its first part names it.</summary>
    Xattr = 0x04,
    /// <summary>The value is a macro.</summary>
    ExpandMacros = 0x10,
    /// <summary>The value is no JSON; it is kept as text in base 64.</summary>
    Binary = 0x20,
}
