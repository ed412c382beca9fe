namespace ActorDcp.Producer.Buckets;

/// <summary>The expiry field of data commands (dcp-reference.md 3.21).</summary>
internal static class ExpiryField
{
    private const uint LargestRelative = 2_592_000;

    public static uint ToAbsolute(uint field, uint now) => field is 0 or > LargestRelative ? field : now + field;
}
