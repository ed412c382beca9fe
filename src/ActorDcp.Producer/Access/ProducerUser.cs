using System.Collections.Immutable;

namespace ActorDcp.Producer.Access;

/// <summary>A user of an embedded producer.</summary>
public sealed record ProducerUser
{
    /// <summary>The name; not empty.</summary>
    public required string Name { get; init; }

    /// <summary>The password. Never logged, nor shown by <see cref="ToString"/>.</summary>
    public required string Password { get; init; }

    /// <summary>What the user may do; default what a DCP client needs.</summary>
    public ProducerPrivileges Privileges { get; init; } = ProducerPrivileges.DcpReader;

    /// <summary>Ids of the collections to which the privileges over documents and streams are limited; null (default) for all.</summary>
    public ImmutableHashSet<uint>? Collections { get; init; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
