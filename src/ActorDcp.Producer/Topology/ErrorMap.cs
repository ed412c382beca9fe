namespace ActorDcp.Producer.Topology;

/// <summary>The error map that clients ask for, version 2 (dcp-reference.md 2.9).</summary>
internal static class ErrorMap
{
    public static byte[] Json { get; } = Load();

    private static byte[] Load()
    {
        using var resource = typeof(ErrorMap).Assembly.GetManifestResourceStream("error-map.json")!;
        var json = new byte[resource.Length];
        resource.ReadExactly(json);
        return json;
    }
}
