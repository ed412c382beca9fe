using System.Text;
using System.Text.Json;

namespace ActorDcp.Host.CommandLine;

/// <summary>The line that says a serving verb serves: <c>{"ready":true,"pid":...,"ports":{...}}</c>. What a verb does not open is absent.</summary>
internal sealed record ReadyLine(int? Http = null, int? Https = null, IReadOnlyList<int>? Kv = null, IReadOnlyList<int>? KvTls = null, int? Cluster = null)
{
    public override string ToString()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteBoolean("ready", true);
            json.WriteNumber("pid", Environment.ProcessId);
            json.WriteStartObject("ports");
            if (Http is { } http)
                json.WriteNumber("http", http);
            if (Https is { } https)
                json.WriteNumber("https", https);
            WriteList(json, "kv", Kv);
            WriteList(json, "kv_tls", KvTls);
            if (Cluster is { } cluster)
                json.WriteNumber("cluster", cluster);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<int>? ports)
    {
        if (ports is null)
            return;
        json.WriteStartArray(name);
        foreach (var port in ports)
            json.WriteNumberValue(port);
        json.WriteEndArray();
    }
}
