namespace ActorDcp.Producer.Tests.Captures;

/// <summary>
/// The embedded producer answers the client side of every capture as the recorded Couchbase node did, but for the fields that
/// <c>allowed-differences.txt</c> names.
/// </summary>
public sealed class CaptureTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Names => new(Capture.Names);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_producer_answers_as_the_recorded_node(string capture)
    {
        var differences = await CapturePlayer.PlayAsync(capture).WaitAsync(Longest);
        Assert.True(differences.Count == 0, $"{capture} differs:\n{string.Join('\n', differences)}");
    }
}
