using System.Text.Json;

namespace ActorDcp.Protocol.Tests.Captures;

/// <summary>One recording of a real server: its facts and its frames.</summary>
internal sealed class Capture
{
    private Capture(string name, JsonElement header, IReadOnlyList<CapturedFrame> frames)
    {
        Name = name;
        Header = header;
        Frames = frames;
    }

    public string Name { get; }

    public JsonElement Header { get; }

    public IReadOnlyList<CapturedFrame> Frames { get; }

    public static string Folder => Path.Combine(AppContext.BaseDirectory, "captures");

    public static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Folder, "*.jsonl").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    public static TheoryData<string> AsTheory()
    {
        var data = new TheoryData<string>();
        foreach (var name in Names)
            data.Add(name);
        return data;
    }

    public static Capture Load(string name)
    {
        using var lines = File.ReadLines(Path.Combine(Folder, name + ".jsonl")).GetEnumerator();
        Assert.True(lines.MoveNext());
        var header = JsonDocument.Parse(lines.Current).RootElement;
        var frames = new List<CapturedFrame>();
        var line = 1;
        while (lines.MoveNext())
        {
            line++;
            using var json = JsonDocument.Parse(lines.Current);
            if (!json.RootElement.TryGetProperty("hex", out var hex))
                continue;
            frames.Add(new CapturedFrame(
                name, line, json.RootElement.GetProperty("conn").GetInt32(),
                json.RootElement.GetProperty("dir").GetString() == "c2s", Convert.FromHexString(hex.GetString()!)));
        }
        return new Capture(name, header, frames);
    }
}

/// <summary>A frame as it passed.</summary>
internal sealed record CapturedFrame(string Capture, int Line, int Connection, bool FromClient, byte[] Bytes)
{
    public Frame Read() => Frame.Read(Bytes);

    public override string ToString() => $"{Capture} line {Line}: {Convert.ToHexStringLower(Bytes.AsSpan(0, Math.Min(Bytes.Length, 80)))}";
}
