using System.Globalization;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Statistics;

/// <summary>The groups about collections and scopes: by path (<c>scope.collection</c>), or by id in hexadecimal.</summary>
internal static class CollectionStatistics
{
    /// <summary>Finds what is asked for.</summary>
    public static Status TryFind(Bucket bucket, string[] words, out IEnumerable<Statistic> statistics)
    {
        var manifest = bucket.Collections.Current;
        var isOfScopes = words[0].StartsWith("scopes", StringComparison.Ordinal);
        statistics = [];
        if (words.Length == 1)
        {
            statistics = isOfScopes ? AllScopes(bucket, manifest) : AllCollections(bucket, manifest);
            return Status.Success;
        }
        var byId = words[0].EndsWith("-byid", StringComparison.Ordinal);
        var found = manifest.Scopes.SelectMany(scope => scope.Collections.Select(collection => (Scope: scope, Collection: collection)))
            .Where(candidate => byId ? HasId(isOfScopes ? candidate.Scope.Id : candidate.Collection.Id, words[1])
                : words[1] == (isOfScopes ? candidate.Scope.Name : $"{candidate.Scope.Name}.{candidate.Collection.Name}")).ToList();
        if (found.Count == 0)
            return isOfScopes ? Status.UnknownScope : Status.UnknownCollection;
        statistics = isOfScopes
            ? ScopeCounts(bucket, found[0].Scope)
            : CollectionCounts(bucket, found[0].Scope, found[0].Collection);
        return Status.Success;
    }

    private static IEnumerable<Statistic> AllCollections(Bucket bucket, BucketManifest manifest)
    {
        yield return Raw("manifest_uid", manifest.Uid.ToString());
        foreach (var scope in manifest.Scopes)
            foreach (var collection in scope.Collections)
            {
                var prefix = PrefixOf(scope, collection);
                yield return Raw(prefix + "name", collection.Name);
                yield return Raw(prefix + "metered", "no");
                yield return Raw(prefix + "history", collection.History ? "true" : "false");
            }
        foreach (var scope in manifest.Scopes.Reverse())
            foreach (var collection in scope.Collections.Reverse())
                foreach (var statistic in CollectionCounts(bucket, scope, collection))
                    yield return statistic;
    }

    private static IEnumerable<Statistic> AllScopes(Bucket bucket, BucketManifest manifest)
    {
        yield return Raw("manifest_uid", manifest.Uid.ToString());
        foreach (var scope in manifest.Scopes)
            foreach (var statistic in ScopeCounts(bucket, scope))
                yield return statistic;
    }

    private static IEnumerable<Statistic> ScopeCounts(Bucket bucket, ManifestScope scope)
    {
        var prefix = $"0x{scope.Id:x}:";
        yield return Raw(prefix + "name", scope.Name);
        yield return Raw(prefix + "collections", Text(scope.Collections.Length));
        yield return Raw(prefix + "items", Text(scope.Collections.Sum(collection => Measure(bucket, collection.Id).Items)));
    }

    private static IEnumerable<Statistic> CollectionCounts(Bucket bucket, ManifestScope scope, ManifestCollection collection)
    {
        var prefix = PrefixOf(scope, collection);
        var (items, bytes) = Measure(bucket, collection.Id);
        yield return Raw(prefix + "collections_mem_used", Text(bytes));
        yield return Raw(prefix + "items", Text(items));
        yield return Raw(prefix + "data_size", Text(bytes));
        var operations = bucket.VBuckets.Select(vbucket => vbucket.CountOperations(collection.Id)).ToList();
        yield return Raw(prefix + "ops_store", Text(operations.Sum(counts => counts.Stores)));
        yield return Raw(prefix + "ops_delete", Text(operations.Sum(counts => counts.Deletes)));
        yield return Raw(prefix + "ops_get", Text(operations.Sum(counts => counts.Gets)));
        yield return Raw(prefix + "name", collection.Name);
        yield return Raw(prefix + "scope_name", scope.Name);
    }

    private static (long Items, long Bytes) Measure(Bucket bucket, uint collection)
    {
        long items = 0, bytes = 0;
        foreach (var vbucket in bucket.VBuckets)
        {
            if (vbucket.State != VBucketState.Active)
                continue;
            var (count, size) = vbucket.MeasureCollection(collection);
            items += count;
            bytes += size;
        }
        return (items, bytes);
    }

    private static bool HasId(uint id, string text) =>
        uint.TryParse(text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var asked)
        && asked == id;

    private static string PrefixOf(ManifestScope scope, ManifestCollection collection) => $"0x{scope.Id:x}:0x{collection.Id:x}:";

    private static Statistic Raw(string name, string value) => new(name, value, MayBeJson: false);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
