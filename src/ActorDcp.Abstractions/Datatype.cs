namespace ActorDcp;

/// <summary>What a value is made of (dcp-reference.md 1.6).</summary>
[Flags]
public enum Datatype : byte
{
    /// <summary>Anything.</summary>
    Raw = 0,
    /// <summary>The body is JSON.</summary>
    Json = 0x01,
    /// <summary>The whole value is one Snappy block.</summary>
    Snappy = 0x02,
    /// <summary>The inflated value begins with an extended-attribute section.</summary>
    Xattr = 0x04,
}
