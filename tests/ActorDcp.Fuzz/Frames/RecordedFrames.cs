using System.Text.Json;
using ActorDcp.Protocol;

namespace ActorDcp.Fuzz.Frames;

/// <summary>What inputs are made from: frames of the recordings, and what streams of them received.</summary>
internal sealed class RecordedFrames
{
    // large documents only slow the mutations of what decides down
    private const int LargestFrame = 20_000;
    private const int MostOfAForm = 6;
    private const int MostFramesOfAStream = 40;

    private RecordedFrames(IReadOnlyList<byte[]> forms, IReadOnlyList<byte[][]> streams)
    {
        Forms = forms;
        Streams = streams;
    }

    /// <summary>A few frames of each form: opcode, magic, extras length, datatype and status.</summary>
    internal IReadOnlyList<byte[]> Forms { get; }

    /// <summary>The producer's messages of one stream, in order.</summary>
    internal IReadOnlyList<byte[][]> Streams { get; }

    internal static RecordedFrames Load()
    {
        var forms = new Dictionary<(byte, byte, byte, byte, byte), List<byte[]>>();
        var streams = new List<byte[][]>();
        var files = Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "captures"), "*.jsonl").Order(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var messages = new Dictionary<(int Connection, uint Opaque), List<byte[]>>();
            foreach (var (connection, fromClient, bytes) in Read(file))
            {
                if (bytes.Length > LargestFrame)
                    continue;
                Add(forms, (bytes[0], bytes[1], bytes[4], bytes[5], bytes[0] is (byte)Magic.Response or (byte)Magic.FlexibleResponse ? bytes[7] : (byte)0), bytes, MostOfAForm);
                if (!fromClient && bytes[0] is (byte)Magic.Request or (byte)Magic.FlexibleRequest && bytes[1] != (byte)Opcode.DcpNoop)
                    Add(messages, (connection, FrameHeader.Read(bytes).Opaque), bytes, MostFramesOfAStream);
            }
            streams.AddRange(messages.Values.Where(each => each.Count > 1).Select(each => each.ToArray()));
        }
        return new RecordedFrames([.. forms.Values.SelectMany(each => each)], streams);
    }

    private static void Add<TKey>(Dictionary<TKey, List<byte[]>> lists, TKey key, byte[] bytes, int most)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
            lists[key] = list = [];
        if (list.Count < most)
            list.Add(bytes);
    }

    private static IEnumerable<(int Connection, bool FromClient, byte[] Bytes)> Read(string file)
    {
        foreach (var line in File.ReadLines(file).Skip(1))
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.TryGetProperty("hex", out var hex))
                yield return (
                    json.RootElement.GetProperty("conn").GetInt32(), json.RootElement.GetProperty("dir").GetString() == "c2s",
                    Convert.FromHexString(hex.GetString()!));
        }
    }
}
