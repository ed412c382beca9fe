using System.Text.Json;

namespace ActorDcp.Processes;

/// <summary>What a line of the <c>jsonl</c> handler says about a delivery.</summary>
/// <param name="VBucket">The vbucket.</param>
/// <param name="Type">As in the line.</param>
/// <param name="Seqno">Of a change; 0 for other lines.</param>
/// <param name="Key">Of a change.</param>
/// <param name="Epoch">Its owner's epoch.</param>
/// <param name="At">When it was handled.</param>
/// <param name="Member">Who handled it; empty where nobody is named.</param>
/// <param name="Back">Of a rollback: where delivery resumes, and why; null for other lines.</param>
internal sealed record DeliveryLine(int VBucket, string Type, ulong Seqno, string? Key, long Epoch, DateTimeOffset At, string Member, DeliveryLine.Rollback? Back)
{
    internal sealed record Rollback(ulong From, ulong To, string Why);

    public bool IsChange => Type is "mutation" or "deletion" or "expiration";

    /// <summary>The lines of files, in the order of their handling. Only a torn line at a kill may be unreadable.</summary>
    public static List<DeliveryLine> Read(params IEnumerable<string> files) =>
        [.. files.SelectMany(file => ReadShared(file).Select(Parse).OfType<DeliveryLine>()).OrderBy(line => line.At)];

    /// <summary>One line; null when it is torn or says nothing about a delivery.</summary>
    public static DeliveryLine? Parse(string text)
    {
        JsonElement json;
        try
        {
            json = JsonDocument.Parse(text).RootElement;
        }
        catch (JsonException)
        {
            return null;
        }
        var type = json.GetProperty("type").GetString()!;
        if (type is not ("mutation" or "deletion" or "expiration" or "rolled_back"))
            return null;
        var isBack = type == "rolled_back";
        return new DeliveryLine(
            json.GetProperty("vb").GetInt32(),
            type,
            isBack ? 0 : json.GetProperty("seqno").GetUInt64(),
            isBack ? null : json.GetProperty("key").GetString(),
            json.TryGetProperty("epoch", out var epoch) ? epoch.GetInt64() : 0,
            json.TryGetProperty("at", out var at) ? DateTimeOffset.UnixEpoch.AddMicroseconds(at.GetInt64()) : default,
            json.TryGetProperty("member", out var member) ? member.GetString()! : "",
            isBack ? new Rollback(json.GetProperty("from").GetUInt64(), json.GetProperty("to").GetUInt64(), json.GetProperty("why").GetString()!) : null);
    }

    private static IEnumerable<string> ReadShared(string file)
    {
        // the member may still write it
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            yield return line;
    }
}
