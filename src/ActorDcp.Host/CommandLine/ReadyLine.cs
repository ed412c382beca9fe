using System.Text;
using System.Text.Json;

namespace ActorDcp.Host.CommandLine;

/// <summary>The line that says a serving verb serves: <c>{"ready":true,"pid":...,"ports":{...}}</c>. What a verb does not open is absent.</summary>
internal sealed record ReadyLine(int? Http = null, IReadOnlyList<int>? Kv = null, int? Cluster = null)
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
            if (Kv is { } kv)
            {
                json.WriteStartArray("kv");
                foreach (var port in kv)
                    json.WriteNumberValue(port);
                json.WriteEndArray();
            }
            if (Cluster is { } cluster)
                json.WriteNumber("cluster", cluster);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
