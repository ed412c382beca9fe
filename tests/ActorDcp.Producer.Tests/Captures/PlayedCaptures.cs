using System.Collections.Concurrent;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>Plays each capture once for all tests that ask what came of it.</summary>
public sealed class PlayedCaptures
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<string, Lazy<Task<Played>>> _played = new();

    internal Task<Played> OfAsync(string capture) =>
        _played.GetOrAdd(capture, name => new Lazy<Task<Played>>(() => CapturePlayer.PlayAsync(name).WaitAsync(Longest))).Value;
}
