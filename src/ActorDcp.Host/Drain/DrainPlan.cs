using System.Globalization;
using ActorDcp.Client;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Offsets;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Host.Drain;

/// <summary>Decides, once the bucket is known, which vbuckets are streamed, of which collections, from where and how far.</summary>
internal sealed class DrainPlan(DrainOptions options, DrainNodes nodes)
{
    /// <summary>How many vbuckets are asked for their failover log at a time.</summary>
    private const int ConcurrentQuestions = 64;

    public sealed record Part(VBucketId VBucket, StreamOffset From, Seqno Until);

    public async Task<IReadOnlyList<Part>> MakeAsync(CancellationToken cancellationToken)
    {
        var vbuckets = ChosenVBuckets();
        var high = options.From is DrainStart.Now || options.Until is DrainEnd.Now
            ? await HighSeqnosAsync(cancellationToken).ConfigureAwait(false)
            : new Dictionary<VBucketId, Seqno>();
        var from = await StartsAsync(vbuckets, high, cancellationToken).ConfigureAwait(false);
        return [.. vbuckets.Select(vbucket => new Part(vbucket, from[vbucket], EndOf(vbucket, high)))];
    }

    /// <summary>The high seqno of every active vbucket.</summary>
    public async Task<Dictionary<VBucketId, Seqno>> HighSeqnosAsync(CancellationToken cancellationToken)
    {
        var all = new Dictionary<VBucketId, Seqno>();
        foreach (var connection in await nodes.ConnectAllAsync(cancellationToken).ConfigureAwait(false))
            foreach (var (vbucket, seqno) in await connection.GetAllVBucketSeqnosAsync(VBucketStateFilter.Active, null, cancellationToken).ConfigureAwait(false))
                all[vbucket] = seqno;
        return all;
    }

    /// <summary>Numbers for the names of collections and scopes; null for everything.</summary>
    public async Task<StreamFilter?> FilterAsync(CancellationToken cancellationToken)
    {
        if (options.Collections.Count == 0 && options.Scope is null)
            return null;
        var connection = (await nodes.ConnectAllAsync(cancellationToken).ConfigureAwait(false))[0];
        if (!connection.Info.Collections)
            throw new UsageException("--collections and --scope need a server that has collections (7.0 or later): leave them out");
        var manifest = await connection.GetCollectionsManifestAsync(cancellationToken).ConfigureAwait(false);
        if (options.Scope is { } scope)
            return new StreamFilter(ScopeId: Number(scope) ?? manifest.Scopes.FirstOrDefault(known => known.Name == scope)?.Id
                ?? throw new UsageException($"--scope \"{scope}\" is not in the bucket: write one of {string.Join(", ", manifest.Scopes.Select(known => known.Name))}"));
        // one that is named twice, or by name and by number, is one: the node closes the connection on a duplicate (10, quirk 7)
        return new StreamFilter([.. options.Collections.Select(name => Number(name) ?? CollectionId(name)).Distinct()]);

        uint CollectionId(string name)
        {
            foreach (var known in manifest.Scopes)
                foreach (var collection in known.Collections)
                    if ($"{known.Name}.{collection.Name}" == name)
                        return collection.Id;
            throw new UsageException($"--collections \"{name}\" is not in the bucket: write SCOPE.NAME or a number");
        }
    }

    private static uint? Number(string text) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hexadecimal) ? hexadecimal : null
            : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private List<VBucketId> ChosenVBuckets()
    {
        var count = nodes.Map.VBucketCount;
        if (options.VBuckets is null)
            return [.. Enumerable.Range(0, count).Select(VBucketId.From)];
        foreach (var vbucket in options.VBuckets)
            if (vbucket.Value >= count)
                throw new UsageException($"--vbuckets names {vbucket}, and bucket \"{options.Bucket}\" has {count} of them: write numbers from 0 to {count - 1}");
        return [.. options.VBuckets];
    }

    private async Task<IReadOnlyDictionary<VBucketId, StreamOffset>> StartsAsync(
        List<VBucketId> vbuckets, Dictionary<VBucketId, Seqno> high, CancellationToken cancellationToken)
    {
        switch (options.From)
        {
            case DrainStart.At at:
                CheckBucket("--from", at.Offsets);
                return vbuckets.ToDictionary(vbucket => vbucket, vbucket => OffsetOf("--from", at.Offsets, vbucket));
            case DrainStart.Now:
                return await NewestAsync(vbuckets, high, cancellationToken).ConfigureAwait(false);
            default:
                return vbuckets.ToDictionary(vbucket => vbucket, _ => StreamOffset.Beginning);
        }
    }

    private async Task<IReadOnlyDictionary<VBucketId, StreamOffset>> NewestAsync(
        List<VBucketId> vbuckets, Dictionary<VBucketId, Seqno> high, CancellationToken cancellationToken)
    {
        var offsets = new System.Collections.Concurrent.ConcurrentDictionary<VBucketId, StreamOffset>();
        var bounded = new ParallelOptions { MaxDegreeOfParallelism = ConcurrentQuestions, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(vbuckets, bounded, async (vbucket, cancellation) =>
        {
            if (!high.TryGetValue(vbucket, out var seqno))
                throw new FailureException($"no node has vbucket {vbucket} at the moment: try again when the cluster is balanced");
            // a branch has to be named together with a seqno above 0, or the producer sends us back to 0 (dcp-reference.md 4.4)
            var connection = await nodes.ConnectAsync(vbucket, cancellation).ConfigureAwait(false);
            var log = await connection.GetFailoverLogAsync(vbucket, cancellation).ConfigureAwait(false)
                ?? throw new FailureException($"vbucket {vbucket} has just moved: try again");
            offsets[vbucket] = StreamOffset.Boundary(log.NewestUuid, seqno);
        }).ConfigureAwait(false);
        return offsets;
    }

    private Seqno EndOf(VBucketId vbucket, Dictionary<VBucketId, Seqno> high)
    {
        switch (options.Until)
        {
            case DrainEnd.Now:
                return high.TryGetValue(vbucket, out var seqno)
                    ? seqno
                    : throw new FailureException($"no node has vbucket {vbucket} at the moment: try again when the cluster is balanced");
            case DrainEnd.At at:
                CheckBucket("--until", at.Offsets);
                return OffsetOf("--until", at.Offsets, vbucket).Seqno;
            default:
                return Seqno.Max;
        }
    }

    private void CheckBucket(string option, OffsetsFile file)
    {
        if (!string.Equals(file.BucketUuid, nodes.Map.BucketUuid, StringComparison.OrdinalIgnoreCase))
            throw new UsageException(
                $"{option} names offsets of bucket \"{file.Bucket}\" with UUID {file.BucketUuid}, and bucket \"{options.Bucket}\" has UUID {nodes.Map.BucketUuid}: it is another one, or was recreated");
    }

    private static StreamOffset OffsetOf(string option, OffsetsFile file, VBucketId vbucket) =>
        file.Offsets.TryGetValue(vbucket, out var offset)
            ? offset
            : throw new UsageException($"{option} names a file without vbucket {vbucket}: leave it out with --vbuckets");
}
