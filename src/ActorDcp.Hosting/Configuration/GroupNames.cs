using System.Buffers;

namespace ActorDcp.Hosting.Configuration;

/// <summary>What a group may be called: its name is part of actor paths, URLs and table rows.</summary>
internal static class GroupNames
{
    public static SearchValues<char> Letters { get; } =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");
}
