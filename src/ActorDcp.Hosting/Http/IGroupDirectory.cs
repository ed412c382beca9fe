namespace ActorDcp.Hosting.Http;

/// <summary>The groups that this member takes part in.</summary>
internal interface IGroupDirectory
{
    /// <summary>Their names.</summary>
    IReadOnlyCollection<string> Groups { get; }

    /// <summary>A group by name; null when this member has no part in it.</summary>
    IGroupStatusSource? Find(string group);
}

/// <summary>Before the member runs there are no groups.</summary>
internal sealed class EmptyGroupDirectory : IGroupDirectory
{
    public IReadOnlyCollection<string> Groups => [];

    public IGroupStatusSource? Find(string group) => null;
}
