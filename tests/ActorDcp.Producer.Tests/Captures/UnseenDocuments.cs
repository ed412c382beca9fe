using System.Globalization;
using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>The lines of <c>unseen-documents.txt</c>: what stood in a recorded bucket, but is in no frame.</summary>
internal static class UnseenDocuments
{
    private static readonly ILookup<string, string[]> Lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "unseen-documents.txt"))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .Where(parts => parts.Length == 4)
        .ToLookup(parts => parts[0]);

    /// <summary>Small documents in their places.</summary>
    public static IEnumerable<(int VBucket, StoredItem Item)> Of(string capture)
    {
        foreach (var parts in Lines[capture])
        {
            var seqnos = parts[3].Split('-');
            var last = ulong.Parse(seqnos[^1], CultureInfo.InvariantCulture);
            for (var seqno = ulong.Parse(seqnos[0], CultureInfo.InvariantCulture); seqno <= last; seqno++)
                yield return (int.Parse(parts[1], CultureInfo.InvariantCulture), Make(uint.Parse(parts[2], CultureInfo.InvariantCulture), seqno));
        }
    }

    /// <summary>A document of which only the seqno is known.</summary>
    public static StoredItem Make(uint collection, ulong seqno)
    {
        var prefix = new byte[Leb128.MaxLength];
        return StoredItem.Create(
            [.. prefix.AsSpan(0, Leb128.Write(prefix, collection)), .. Encoding.UTF8.GetBytes($"unseen{seqno}")], "{}"u8,
            new ItemMetadata(seqno, Cas: seqno, Rev: 1, Flags: 0, Expiry: 0, Datatype.Json, ItemKind.Mutation));
    }
}
