using System.Collections.Immutable;

namespace ActorDcp.Group;

/// <summary>What became of a group's registration.</summary>
internal abstract record GroupRegistration
{
    private GroupRegistration()
    {
    }

    /// <summary>The group is new: its identity and its start pins are durable now.</summary>
    public sealed record Registered(RegisteredGroup Group) : GroupRegistration;

    /// <summary>The group exists and is the same. Nothing was pinned again.</summary>
    public sealed record Same(RegisteredGroup Group) : GroupRegistration;

    /// <summary>The group exists and differs: it must not start.</summary>
    public sealed record Conflict(RegisteredGroup Group, ImmutableArray<GroupDifference> Differences) : GroupRegistration;
}

/// <summary>A group as it was registered.</summary>
/// <param name="Identity">What it is.</param>
/// <param name="CreatedAt">When; for a group that starts from now also the instant it was pinned.</param>
/// <param name="CreatedBy">Member that did it.</param>
internal sealed record RegisteredGroup(GroupIdentity Identity, DateTimeOffset CreatedAt, string CreatedBy);

/// <summary>One thing in which a start differs from the group's first.</summary>
/// <param name="Key">Configuration key.</param>
/// <param name="Stored">What the group began with.</param>
/// <param name="Given">What this start says.</param>
/// <param name="Mend">What to do about it.</param>
internal sealed record GroupDifference(string Key, string Stored, string Given, string Mend)
{
    /// <summary>One line for a person.</summary>
    public override string ToString() => $"{Key}: the group was started with {Stored}, now it is {Given}; {Mend}";
}
