namespace ActorDcp.Producer.Tests.Captures;

/// <summary>The embedded producer answers the client side of every capture as the recorded Couchbase node did.</summary>
public sealed class CaptureTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Same => new(Capture.Names.Where(name => !KnownDifferences.Captures.ContainsKey(name)));

    public static TheoryData<string> Different => new(Capture.Names.Where(KnownDifferences.Captures.ContainsKey));

    [Theory]
    [MemberData(nameof(Same))]
    public async Task The_producer_answers_as_the_recorded_node(string capture)
    {
        var differences = await CapturePlayer.PlayAsync(capture).WaitAsync(Longest);
        Assert.True(differences.Count == 0, $"{capture} differs:\n{string.Join('\n', differences)}");
    }

    /// <summary>Fails as soon as a capture matches: then it must be taken off the list.</summary>
    [Theory]
    [MemberData(nameof(Different))]
    public async Task What_is_known_to_differ_still_does(string capture) =>
        Assert.True((await CapturePlayer.PlayAsync(capture, most: 1).WaitAsync(Longest)).Count > 0, $"{capture} matches now: take it off the list of known differences");

    [Fact]
    public void Only_captures_that_exist_are_known_to_differ() =>
        Assert.Empty(KnownDifferences.Captures.Keys.Except(Capture.Names));
}
