using ActorDcp.Client;

namespace ActorDcp.Group;

/// <summary>Resolves a group's filter at its member's start, before anything streams.</summary>
internal static class GroupFilterReader
{
    // the width of the column that keeps it
    private const int LongestFingerprint = 255;

    /// <param name="wish">What is configured.</param>
    /// <param name="stored">The group as it was first started; null for a new one.</param>
    /// <param name="nodes">Nodes to ask, any of them.</param>
    /// <param name="connect">Connects to one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GroupConflictException">A new group names what is not there; an older one waits for it instead.</exception>
    /// <exception cref="KvConnectionException">No node tells its manifest.</exception>
    public static async Task<GroupFilter> ReadAsync(
        FilterWish wish, RegisteredGroup? stored, IReadOnlyList<KvEndpoint> nodes,
        Func<KvEndpoint, CancellationToken, Task<KvConnection>> connect, CancellationToken cancellationToken)
    {
        if (wish.IsEverything)
            return GroupFilter.Everything();
        var manifest = await AnyNode.AskAsync(
            nodes, connect, (connection, cancel) => connection.GetCollectionsManifestAsync(cancel), cancellationToken).ConfigureAwait(false);
        var current = wish.Resolve(manifest, FilterWish.BindingsIn(stored?.Identity.FilterFingerprint ?? ""));
        if (stored is null && current.Missing.Count > 0)
        {
            var (key, known) = wish.Scope is null
                ? ("Collections", manifest.Scopes.SelectMany(scope => scope.Collections.Select(collection => $"{scope.Name}.{collection.Name}")))
                : ("Scope", manifest.Scopes.Select(scope => scope.Name));
            throw new GroupConflictException($"ActorDcp:Stream:{key}: {current.Trouble}; write one of {string.Join(", ", known.Take(100))}");
        }
        if (wish.Fingerprint(current.Bindings).Length > LongestFingerprint)
            throw new GroupConflictException("ActorDcp:Stream:Collections names more than a group can keep: name their scope in Stream:Scope, or write numbers");
        return new GroupFilter(wish, current);
    }
}
