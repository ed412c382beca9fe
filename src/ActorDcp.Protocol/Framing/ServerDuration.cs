namespace ActorDcp.Protocol;

/// <summary>The two-byte logarithmic form of a duration in framing extras (dcp-reference.md 1.4). Exact to about 2 %.</summary>
public static class ServerDuration
{
    private const double Exponent = 1.74;

    /// <summary>Largest duration that can be told, about two minutes.</summary>
    public static TimeSpan Max { get; } = Decode(ushort.MaxValue);

    /// <summary>Encodes a duration; what is longer than <see cref="Max"/> becomes that.</summary>
    public static ushort Encode(TimeSpan duration) =>
        (ushort)Math.Min(ushort.MaxValue, Math.Floor(Math.Pow(Math.Max(0, duration.TotalMicroseconds) * 2, 1 / Exponent)));

    /// <summary>Decodes a duration, to the microsecond.</summary>
    public static TimeSpan Decode(ushort encoded) =>
        TimeSpan.FromMicroseconds(Math.Round(Math.Pow(encoded, Exponent) / 2));
}
