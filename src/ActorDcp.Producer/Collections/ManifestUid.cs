using System.Globalization;

namespace ActorDcp.Producer.Collections;

/// <summary>Names a state of a bucket's scopes and collections: 0 at first, one more with each change. Its text is hexadecimal (dcp-reference.md 2.10).</summary>
/// <param name="Value">The number.</param>
public readonly record struct ManifestUid(ulong Value)
{
    /// <summary>Lower-case hexadecimal without a prefix.</summary>
    public override string ToString() => Value.ToString("x", CultureInfo.InvariantCulture);
}
