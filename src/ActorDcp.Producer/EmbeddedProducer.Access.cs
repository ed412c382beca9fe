using System.Collections.Immutable;
using ActorDcp.Producer.Access;

namespace ActorDcp.Producer;

/// <summary>Who may do what.</summary>
public sealed partial class EmbeddedProducer
{
    /// <summary>Gives a user other rights, at once: streams of what it may not see any more end with reason 8 (dcp-reference.md 3.7).</summary>
    /// <param name="user">One of <see cref="EmbeddedProducerOptions.Users"/>.</param>
    /// <param name="privileges">What it may do from now on.</param>
    /// <param name="collections">Ids of the collections to which that is limited; null for all.</param>
    /// <exception cref="ArgumentException">There is no such user, or it is the administrator.</exception>
    public void SetPrivileges(string user, ProducerPrivileges privileges, IEnumerable<uint>? collections = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        var rights = new UserRights(privileges, collections?.ToImmutableHashSet());
        if (user == _cluster.Options.User || !_cluster.Accounts.TrySetRights(user, rights))
            throw new ArgumentException($"'{user}' is none of the users whose rights can be changed", nameof(user));
        foreach (var node in Nodes)
            foreach (var connection in node.Services?.Connections.All ?? [])
                if (connection.User == user)
                    connection.ApplyRights();
    }
}
