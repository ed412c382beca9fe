namespace ActorDcp.Producer.Buckets;

/// <summary>Size limits of documents (dcp-reference.md 1.5).</summary>
internal static class DocumentLimits
{
    public const int MaxKeyLength = 250;

    public const int MaxValueLength = 20 * 1024 * 1024;
}
