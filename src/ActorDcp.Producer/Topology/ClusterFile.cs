using System.Collections.Immutable;
using System.Text.Json;
using ActorDcp.Producer.Storage;

namespace ActorDcp.Producer.Topology;

/// <summary>Keeps members and layout in the data folder, so that a restart finds each copy where it was. One writer at a time is let in.</summary>
internal sealed class ClusterFile(string folder)
{
    private const string FileName = "cluster.json";
    private readonly Lock _gate = new();

    /// <summary>What was kept; null when nothing was.</summary>
    /// <exception cref="IOException">The file is damaged or was taken away, or is of another number of vbuckets.</exception>
    public KeptCluster? Read(int vbuckets)
    {
        var path = Path.Combine(folder, FileName);
        if (SummedFile.Read(path) is not { } text)
            return Directory.Exists(folder) && Directory.EnumerateDirectories(folder, "node*").FirstOrDefault() is { } node
                ? throw new IOException($"'{path}' is missing, but '{node}' is of a node of a cluster: bring the folder back from a copy")
                : null;
        try
        {
            var file = JsonSerializer.Deserialize<Contents>(text) ?? throw new JsonException("it is empty");
            if (file.VBuckets.Length != vbuckets)
                throw new IOException($"the data folder holds a bucket of {file.VBuckets.Length} vbuckets, not {vbuckets}: give the same, or another folder");
            var known = file.Nodes.Append(VBucketLayout.Nobody).ToHashSet();
            if (file.Nodes.Length == 0 || file.VBuckets.Any(chain => chain.Length == 0 || !chain.All(known.Contains)))
                throw new JsonException("it names nodes that it does not list");
            return new KeptCluster(file.Revision, file.NextNode, [.. file.Nodes], new VBucketLayout([.. file.VBuckets.Select(chain => chain.ToImmutableArray())]));
        }
        catch (JsonException exception)
        {
            throw new IOException($"'{path}' is damaged: {exception.Message}", exception);
        }
    }

    /// <summary>Puts the present state in the place of the kept one, whole or not at all.</summary>
    public void Write(ClusterTopology topology, int nextNode)
    {
        lock (_gate)
        {
            var (version, members, layout) = topology.Look();
            var json = JsonSerializer.SerializeToUtf8Bytes(new Contents(
                version.Revision, nextNode, [.. members.Select(member => member.Id)], [.. layout.Chains.Select(chain => chain.ToArray())]));
            SummedFile.Write(Path.Combine(folder, FileName), json);
        }
    }

    private sealed record Contents(long Revision, int NextNode, int[] Nodes, int[][] VBuckets);
}
