namespace ActorDcp.Producer.Topology;

/// <summary>The error maps that clients ask for (dcp-reference.md 2.9).</summary>
internal static class ErrorMap
{
    private static readonly byte[] First = Load("error-map-1.json");
    private static readonly byte[] Second = Load("error-map.json");

    /// <summary>The map in the newest version that is not above one; there is none below 1.</summary>
    public static byte[] OfVersion(ushort version) => version == 1 ? First : Second;

    private static byte[] Load(string name)
    {
        using var resource = typeof(ErrorMap).Assembly.GetManifestResourceStream(name)!;
        var json = new byte[resource.Length];
        resource.ReadExactly(json);
        return json;
    }
}
