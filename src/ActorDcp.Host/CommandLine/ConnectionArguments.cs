using System.CommandLine;
using ActorDcp.Client;
using ActorDcp.Hosting.Configuration;
using ActorDcp.Protocol.Sasl;

namespace ActorDcp.Host.CommandLine;

/// <summary>The options that say where Couchbase is and as whom to enter, the same for each verb that connects by itself.</summary>
internal sealed class ConnectionArguments
{
    private readonly Option<string?> _connection = OptionOf.Text("--connection", "where Couchbase is: couchbase://host[:port][,host[:port]][?network=...]; couchbases:// for TLS", "couchbase://127.0.0.1");
    private readonly Option<string?> _user = OptionOf.Text("--user", "user to sign in as");
    private readonly Option<string?> _password = OptionOf.Text("--password", "its password; better in ACTORDCP_PASSWORD or --password-file");
    private readonly Option<string?> _passwordFile = OptionOf.Text("--password-file", "file whose first line is the password; read at each login");
    private readonly Option<bool> _tls = OptionOf.Flag("--tls", "use TLS, as couchbases:// does");
    private readonly Option<string?> _ca = OptionOf.Text("--ca", "PEM file of the authorities to trust instead of the system's");
    private readonly Option<string?> _cert = OptionOf.Text("--cert", "PEM file of a client certificate, to sign in with it");
    private readonly Option<string?> _key = OptionOf.Text("--key", "PEM file of the client certificate's key");
    private readonly Option<string?> _bucket;

    // none for auto: a parsed null is no value to the parser
    private readonly Option<SaslMechanism[]> _sasl = OptionOf.Choice<SaslMechanism[]>(
        "--auth", "how to sign in: auto, plain, scram-sha1, scram-sha256, scram-sha512", [],
        ("auto", []), ("plain", [SaslMechanism.Plain]), ("scram-sha1", [SaslMechanism.ScramSha1]),
        ("scram-sha256", [SaslMechanism.ScramSha256]), ("scram-sha512", [SaslMechanism.ScramSha512]));

    /// <param name="bucket">What the verb does with the bucket.</param>
    public ConnectionArguments(string bucket)
    {
        _bucket = OptionOf.Text("--bucket", bucket, "default");
        All = [_connection, _user, _password, _passwordFile, _bucket, _sasl, _tls, _ca, _cert, _key];
    }

    public IReadOnlyList<Option> All { get; }

    /// <exception cref="UsageException">Options are wrong or contradict each other.</exception>
    public ConnectionChoice Read(ParseResult arguments)
    {
        var text = arguments.GetValue(_connection)!;
        if (!CouchbaseAddress.TryParse(text, out var address, out var mend))
            throw new UsageException($"--connection \"{text}\" {mend}");
        var tls = Tls(arguments, address.IsSecure);
        return new ConnectionChoice(address, new KvConnectionOptions
        {
            Endpoint = address.Seeds(tls is not null)[0].Endpoint,
            Bucket = arguments.GetValue(_bucket)!,
            Credentials = Credentials(arguments),
            SaslMechanism = arguments.GetValue(_sasl) is [var mechanism] ? mechanism : null,
            Tls = tls,
        });
    }

    private KvCredentials? Credentials(ParseResult arguments)
    {
        if (arguments.GetValue(_cert) is not null)
            return null;
        var user = arguments.GetValue(_user)
            ?? throw new UsageException("--user is missing: name a user that may read the bucket, or give --cert and --key");
        var password = Secrets.Read(arguments, _password, _passwordFile, OptionsBinder.PasswordVariable)
            ?? throw new UsageException($"the password is missing: set {OptionsBinder.PasswordVariable} or --password-file");
        return arguments.GetValue(_password) is { Length: > 0 } || arguments.GetValue(_passwordFile) is not { Length: > 0 } file
            ? new KvCredentials(user, password)
            : KvCredentials.FromFile(user, file);
    }

    private KvTlsOptions? Tls(ParseResult arguments, bool isSecure)
    {
        var (authority, certificate, key) = (arguments.GetValue(_ca), arguments.GetValue(_cert), arguments.GetValue(_key));
        if (!isSecure && !arguments.GetValue(_tls))
        {
            return (authority ?? certificate ?? key) is null
                ? null
                : throw new UsageException("--ca, --cert and --key need TLS: add --tls, or write couchbases:// in --connection");
        }
        foreach (var (option, file) in new[] { ("--ca", authority), ("--cert", certificate), ("--key", key) })
            if (file is not null && !File.Exists(file))
                throw new UsageException($"{option} \"{file}\" does not exist: name a PEM file");
        if (key is not null && certificate is null)
            throw new UsageException("--key is of no use without --cert: name the client certificate's PEM file too");
        return new KvTlsOptions { AuthorityFile = authority, ClientCertificateFile = certificate, ClientKeyFile = key };
    }
}
