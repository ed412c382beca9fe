namespace ActorDcp.Producer.Buckets;

/// <summary>How often a document is used, as Couchbase counts it: in 8 bits, the more seldom the higher it stands (dcp-reference.md 3.9).</summary>
internal static class FrequencyCounter
{
    public const byte Initial = 4;
    private const double Increment = 0.012;
    private const byte Hot = 64;
    private const byte Warm = 32;

    /// <summary>The counter after one more use.</summary>
    public static byte Next(byte counter) =>
        counter < byte.MaxValue && Random.Shared.NextDouble() < 1 / (counter * Increment + 1) ? (byte)(counter + 1) : counter;

    /// <summary>The counter in the two bits that consumers without <c>supports_hifi_MFU</c> read: 0 is used most.</summary>
    public static byte ToTwoBits(byte counter) => counter switch
    {
        >= Hot => 0,
        >= Warm => 1,
        >= Initial => 2,
        _ => 3,
    };

    /// <summary>The lowest counter that such two bits stand for.</summary>
    public static byte FromTwoBits(byte bits) => bits switch
    {
        0 => Hot,
        1 => Warm,
        2 => Initial,
        _ => 0,
    };
}
