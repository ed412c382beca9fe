using System.Text.Json;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>A recorded session with a Couchbase node (captures/README.md).</summary>
internal sealed record Capture(string Name, JsonElement Expect, IReadOnlyList<CapturedEvent> Events)
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "captures");

    public static IEnumerable<string> Names => Directory.GetFiles(Folder, "*.jsonl").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal);

    /// <summary>Whether a map in it says where the node answers HTTP.</summary>
    public bool NamesHttp => Events.Any(captured =>
        captured is { FromClient: false, IsClose: false } && CorpusOfValues.Inflated(captured.Frame).AsSpan().IndexOf("\"mgmt\""u8) >= 0);

    public static Capture Load(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, name + ".jsonl"));
        var head = JsonDocument.Parse(lines[0]).RootElement;
        var events = new List<CapturedEvent>(lines.Length);
        foreach (var line in lines.Skip(1))
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            events.Add(new CapturedEvent(
                events.Count, root.GetProperty("ms").GetDouble(), root.GetProperty("conn").GetInt32(),
                root.GetProperty("dir").GetString() == "c2s",
                root.TryGetProperty("hex", out var hex) ? Convert.FromHexString(hex.GetString()!) : null));
        }
        return new Capture(name, head.GetProperty("expect"), events);
    }
}
