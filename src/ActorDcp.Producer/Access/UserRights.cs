using System.Collections.Immutable;

namespace ActorDcp.Producer.Access;

/// <summary>What a user may do at one moment.</summary>
/// <param name="Privileges">What.</param>
/// <param name="Collections">Where privileges over documents and streams hold; null for everywhere.</param>
internal sealed record UserRights(ProducerPrivileges Privileges, ImmutableHashSet<uint>? Collections)
{
    public static UserRights Everything { get; } = new(ProducerPrivileges.All, null);

    public static UserRights Nothing { get; } = new(ProducerPrivileges.None, null);

    public bool IsUnlimited => Privileges == ProducerPrivileges.All && Collections is null;

    public bool Has(ProducerPrivileges privileges) => (Privileges & privileges) == privileges;

    public bool HasIn(ProducerPrivileges privileges, uint collection) =>
        Has(privileges) && (Collections is null || Collections.Contains(collection));

    /// <summary>Whether streams may show these collections; null stands for all.</summary>
    public bool MayStream(IEnumerable<uint>? collections) =>
        Has(ProducerPrivileges.DcpStream) && (Collections is null || (collections is not null && collections.All(Collections.Contains)));
}
