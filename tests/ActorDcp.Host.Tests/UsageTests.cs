namespace ActorDcp.Host.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("", "a verb is missing")]
    [InlineData("stauts", "did you mean status?")]
    [InlineData("dance", "is not a verb")]
    [InlineData("status --ulr http://127.0.0.1:1", "did you mean --url?")]
    [InlineData("status --vbucket many", "--vbucket \"many\" is not in range: write a whole number from 0 to 65535")]
    [InlineData("status --url nowhere", "write http://HOST:PORT")]
    [InlineData("status --url", "--url")]
    [InlineData("history", "--vbucket is missing")]
    [InlineData("rewind", "--to is missing: write beginning, now or seqno:N")]
    [InlineData("rewind --to yesterday", "--to \"yesterday\" is not known: write beginning, now or seqno:N")]
    [InlineData("rewind --to seqno:5", "name it with --vbucket")]
    [InlineData("checkpoint", "write one of export, import, reset")]
    [InlineData("checkpoint import", "--from is missing: name a file of offsets")]
    [InlineData("checkpoint import --from /nowhere/offsets.json", "cannot be read")]
    [InlineData("serve --prot 1", "is not an option of serve")]
    [InlineData("bench --measure speed", "write one or more of cost,pace,latency,isolation,memory")]
    [InlineData("bench --events 5", "write two numbers, the smaller first, such as 1000000,6000000")]
    [InlineData("bench --vbuckets 0", "write whole numbers from 1 to 1024")]
    [InlineData("bench --minutes 0", "write a number above 0 and up to 10080")]
    [InlineData("bench --measure pace --value-size 0,256", "only the measure cost takes more than one")]
    [InlineData("bench --measure isolation --vbuckets 2", "take more for the measure isolation")]
    public async Task Wrong_usage_is_2_and_says_what_to_write(string arguments, string words)
    {
        var result = await HostProcess.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("top")]
    [InlineData("serve")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("rewind")]
    [InlineData("history")]
    [InlineData("checkpoint")]
    [InlineData("bench")]
    public async Task Help_of_a_verb_shows_an_example(string verb)
    {
        var result = await HostProcess.RunAsync(verb, "--help");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"Example:{Environment.NewLine}  actordcp {verb} ", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task A_typo_in_the_configuration_is_refused_with_the_key_that_was_meant()
    {
        var result = await HostProcess.RunAsync(
            "serve", "--ActorDcp:Group", "g", "--ActorDcp:Bucket", "b", "--ActorDcp:User", "u", "--ActorDcp:Password", "p4ssw0rd", "--ActorDcp:Windw", "1MiB");

        Assert.Equal(2, result.ExitCode);
        Assert.Equal("ActorDcp:Windw is not a known key: did you mean ActorDcp:Window?", result.Error.Trim());
    }

    [Fact]
    public async Task A_member_that_is_not_there_is_one_line_and_1()
    {
        var result = await HostProcess.RunAsync("status", "--url", "http://127.0.0.1:1");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("no member can be reached at http://127.0.0.1:1/", Assert.Single(result.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }
}
