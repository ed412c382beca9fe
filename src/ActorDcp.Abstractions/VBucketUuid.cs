using System.Globalization;

namespace ActorDcp;

/// <summary>Names one branch of a vbucket's history. Every failover that may have lost changes begins a new branch.</summary>
public readonly record struct VBucketUuid(ulong Value)
{
    /// <summary>"No branch known": legal in a request only together with seqno 0.</summary>
    public static VBucketUuid None => default;

    /// <summary>Whether no branch is known.</summary>
    public bool IsNone => Value == 0;

    /// <summary>Sixteen hexadecimal digits, as Couchbase's own tools print it.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">The text is not a hexadecimal number.</exception>
    public static VBucketUuid Parse(string text) =>
        new(ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
}
