using System.CommandLine;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Configuration;
using ActorDcp.Producer;

namespace ActorDcp.Host.Producer.Control;

/// <summary>What every action of <c>producer ctl</c> takes: where the producer is, who asks, and how to print.</summary>
internal sealed class ControlOptions
{
    private readonly Option<string?> _url = OptionOf.Text("--url", "a node's HTTP address", "http://127.0.0.1:8091");
    private readonly Option<string?> _user = OptionOf.Text("--user", "user to sign in as", "Administrator");
    private readonly Option<string?> _password = OptionOf.Text("--password", $"its password [default: {EmbeddedProducerOptions.DefaultPassword}]; better in ACTORDCP_PASSWORD or --password-file");
    private readonly Option<string?> _passwordFile = OptionOf.Text("--password-file", "file whose first line is the password");
    private readonly Option<bool> _json = OptionOf.Flag("--json", "print the answer as JSON");

    public IReadOnlyList<Option> All => [_url, _user, _password, _passwordFile, _json];

    /// <summary>Makes a client of the producer that the options name.</summary>
    /// <exception cref="UsageException">The address is none, or the password cannot be read.</exception>
    public ControlClient Client(ParseResult arguments)
    {
        var text = arguments.GetValue(_url)!;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new UsageException($"--url \"{text}\" is not an address: write http://HOST:PORT");
        var password = Secrets.Read(arguments, _password, _passwordFile, OptionsBinder.PasswordVariable) ?? EmbeddedProducerOptions.DefaultPassword;
        return new ControlClient(url, arguments.GetValue(_user)!, password);
    }

    public bool WantsJson(ParseResult arguments) => arguments.GetValue(_json);
}
