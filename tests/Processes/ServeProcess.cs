using System.Globalization;
using System.Text.Json;

namespace ActorDcp.Processes;

/// <summary>Starts <c>serve</c> and <c>producer</c> as processes of their own, and reads their ready lines.</summary>
internal static class ServeProcess
{
    public static HostProcess Start(int producerPort, TestFolder folder, params (string Key, string Value)[] settings) =>
        HostProcess.Start(["serve", .. Options(Settings(producerPort, folder, settings))]);

    /// <summary>Starts a member from a configuration file; what is said besides wins over it.</summary>
    public static HostProcess Start(string file, IEnumerable<KeyValuePair<string, string>> options, IReadOnlyDictionary<string, string>? environment = null) =>
        HostProcess.Start(["serve", "--config", file, .. Options(options)], environment);

    /// <summary>Writes a configuration file with what members of a test have in common.</summary>
    public static string WriteFile(int producerPort, TestFolder folder, params (string Key, string Value)[] settings)
    {
        var file = folder.File("group.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new { ActorDcp = Settings(producerPort, folder, settings) }));
        return file;
    }

    private static IEnumerable<string> Options(IEnumerable<KeyValuePair<string, string>> settings) =>
        settings.SelectMany(setting => new[] { "--ActorDcp:" + setting.Key, setting.Value });

    private static Dictionary<string, string> Settings(int producerPort, TestFolder folder, (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>
        {
            ["Group"] = "test",
            ["Connection"] = string.Create(CultureInfo.InvariantCulture, $"couchbase://127.0.0.1:{producerPort}"),
            ["User"] = "Administrator",
            ["Password"] = "password",
            ["Bucket"] = "default",
            ["Handler:Type"] = "jsonl",
            ["Handler:Path"] = folder.File("out.jsonl"),
            ["Http:Port"] = "0",
            ["Persistence:ConnectionString"] = $"Data Source={folder.File("group.db")}",
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        return all;
    }

    /// <summary>A port of a ready line, once the process is ready.</summary>
    public static async Task<int> PortAsync(HostProcess process, string kind)
    {
        using var ready = JsonDocument.Parse(await process.FirstLineAsync());
        var port = ready.RootElement.GetProperty("ports").GetProperty(kind);
        return port.ValueKind == JsonValueKind.Array ? port[0].GetInt32() : port.GetInt32();
    }

    /// <summary>What a producer has now, read from it by a client of its own: the key of each seqno, by vbucket.</summary>
    public static async Task<IReadOnlyDictionary<int, IReadOnlyDictionary<ulong, string>>> TruthAsync(int producerPort)
    {
        var drained = await HostProcess.RunAsync(
            "drain", "--connection", string.Create(CultureInfo.InvariantCulture, $"couchbase://127.0.0.1:{producerPort}"),
            "--user", "Administrator", "--password", "password", "--bucket", "default", "--until", "now", "--format", "jsonl");
        Assert.True(drained.ExitCode == 0, drained.Error);
        var truth = drained.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(DeliveryLine.Parse).OfType<DeliveryLine>().Where(line => line.IsChange)
            .GroupBy(line => line.VBucket)
            .ToDictionary(group => group.Key, group => (IReadOnlyDictionary<ulong, string>)group.ToDictionary(line => line.Seqno, line => line.Key!));
        // unique keys: nothing is deduplicated
        Assert.All(truth.Values, seqnos => Assert.Equal((ulong)seqnos.Count, seqnos.Keys.Max()));
        return truth;
    }

    /// <summary>Waits until the lines hold the newest change of every vbucket of the truth.</summary>
    public static Task<List<DeliveryLine>> LinesUpToAsync(
        IReadOnlyDictionary<int, IReadOnlyDictionary<ulong, string>> truth, params string[] files) => LinesUpToAsync(truth, () => files);

    /// <summary>As above, with files that may come while it waits.</summary>
    public static async Task<List<DeliveryLine>> LinesUpToAsync(
        IReadOnlyDictionary<int, IReadOnlyDictionary<ulong, string>> truth, Func<IEnumerable<string>> files)
    {
        List<DeliveryLine> lines = [];
        await Eventually.TrueAsync(
            () =>
            {
                lines = DeliveryLine.Read(files().Where(File.Exists));
                var high = lines.GroupBy(line => line.VBucket).ToDictionary(group => group.Key, group => group.Max(line => line.Seqno));
                return truth.All(vbucket => high.GetValueOrDefault(vbucket.Key) >= vbucket.Value.Keys.Max());
            },
            () => $"{lines.Count} lines, of {truth.Sum(vbucket => vbucket.Value.Count)} changes",
            every: TimeSpan.FromMilliseconds(500));
        return lines;
    }
}
