using System.Text;
using System.Text.RegularExpressions;
using ActorDcp.Protocol.Sasl;
using Capture = ActorDcp.Protocol.Tests.Captures.Capture;
using Reference = ActorDcp.Protocol.Tests.Captures.Reference;

namespace ActorDcp.Protocol.Tests.Sasl;

public sealed partial class ScramTests
{
    [Theory]
    [InlineData(SaslMechanism.ScramSha1)]
    [InlineData(SaslMechanism.ScramSha256)]
    [InlineData(SaslMechanism.ScramSha512)]
    public void An_exchange_runs_as_the_reference_shows_it(SaslMechanism mechanism)
    {
        var name = SaslMechanisms.NameOf(mechanism);
        var section = Reference.Section("7.54");
        var lines = Exchange().Match(section[section.IndexOf($"**{name}**", StringComparison.Ordinal)..]).Groups;
        var client = new ScramClient(ScramAlgorithm.Of(mechanism), "Administrator", "password", "0123456789abcdef", 4096);

        Assert.Equal(lines[1].Value, Encoding.UTF8.GetString(client.Start()));
        Assert.Equal(lines[3].Value, Encoding.UTF8.GetString(client.Respond(Encoding.UTF8.GetBytes(lines[2].Value))));
        client.Finish(Encoding.UTF8.GetBytes(lines[4].Value));
    }

    // RFC 5802, section 5, and RFC 7677, section 3
    [Theory]
    [InlineData(
        SaslMechanism.ScramSha1, "fyko+d2lbbFgONRv9qkxdawL",
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")]
    [InlineData(
        SaslMechanism.ScramSha256, "rOprNGfwEbeRWgbNEkqO",
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")]
    public void An_exchange_runs_as_its_rfc_shows_it(SaslMechanism mechanism, string nonce, string first, string proof, string last)
    {
        var client = new ScramClient(ScramAlgorithm.Of(mechanism), "user", "pencil", nonce, 4096);
        Assert.Equal($"n,,n=user,r={nonce}", Encoding.UTF8.GetString(client.Start()));
        Assert.Equal(proof, Encoding.UTF8.GetString(client.Respond(Encoding.UTF8.GetBytes(first))));
        client.Finish(Encoding.UTF8.GetBytes(last));
    }

    [Theory]
    [InlineData("bootstrap-sasl-scram-sha1", SaslMechanism.ScramSha1)]
    [InlineData("bootstrap-sasl-scram-sha512", SaslMechanism.ScramSha512)]
    public void A_recorded_exchange_is_reproduced_and_its_server_believed(string capture, SaslMechanism mechanism)
    {
        ScramClient? client = null;
        byte[]? proof = null;
        var believed = 0;
        foreach (var captured in Capture.Load(capture).Frames)
        {
            var frame = captured.Read();
            var message = Encoding.UTF8.GetString(frame.Value);
            switch (frame.Header.Opcode)
            {
                case Opcode.SaslAuth when captured.FromClient:
                    proof = null;
                    client = null;
                    if (!message.StartsWith("n,,n=dcp,", StringComparison.Ordinal))
                        break;
                    client = new ScramClient(
                        ScramAlgorithm.Of(mechanism), "dcp", "dcppass", message["n,,n=dcp,r=".Length..], ScramClient.DefaultMinimumIterations);
                    Assert.Equal(message, Encoding.UTF8.GetString(client.Start()));
                    break;
                case Opcode.SaslAuth when client is not null && frame.Header.Status == Status.AuthContinue:
                    proof = client.Respond(frame.Value);
                    break;
                case Opcode.SaslStep when !captured.FromClient && client is not null && frame.Header.Status == Status.Success:
                    client.Finish(frame.Value);
                    believed++;
                    break;
                case Opcode.SaslStep when captured.FromClient && proof is not null && believed == 0:
                    Assert.Equal(message, Encoding.UTF8.GetString(proof.AsSpan()));
                    break;
            }
        }
        Assert.True(believed > 0);
    }

    [Theory]
    [InlineData("r=other,s=AAAA,i=15000")]
    [InlineData("r=nonce,s=AAAA,i=15000")]
    [InlineData("r=nonce+,s=AAAA,i=3999")]
    [InlineData("r=nonce+,s=AAAA,i=99999999")]
    [InlineData("r=nonce+,s=AAAA,i=many")]
    [InlineData("r=nonce+,s=,i=15000")]
    [InlineData("r=nonce+,s=***,i=15000")]
    [InlineData("r=nonce+,i=15000")]
    [InlineData("m=ext,r=nonce+,s=AAAA,i=15000")]
    [InlineData("r=nonce+,r=nonce+,s=AAAA,i=15000")]
    [InlineData("")]
    [InlineData("nonsense")]
    public void A_challenge_that_is_malformed_foreign_or_weak_is_refused(string challenge)
    {
        var client = new ScramClient(ScramAlgorithm.Sha256, "user", "password", "nonce", ScramClient.DefaultMinimumIterations);
        Assert.Throws<ProtocolException>(() => client.Respond(Encoding.UTF8.GetBytes(challenge)));
    }

    [Fact]
    public void A_server_that_does_not_know_the_password_is_refused()
    {
        var client = new ScramClient(ScramAlgorithm.Sha1, "user", "pencil", "fyko+d2lbbFgONRv9qkxdawL", 4096);
        Assert.Throws<ProtocolException>(() => client.Finish("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="u8));
        client.Respond("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"u8);
        Assert.Throws<ProtocolException>(() => client.Finish("v=smF9pqV8S7suAoZWja4dJRkFsKQ="u8));
        Assert.Throws<ProtocolException>(() => client.Finish("e=invalid-proof"u8));
        client.Finish("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="u8);
    }

    [Fact]
    public void A_server_accepts_the_proof_of_the_right_password_only()
    {
        var algorithm = ScramAlgorithm.Sha512;
        byte[] salt = [1, 2, 3, 4];
        var right = new ScramKeys(algorithm, algorithm.SaltPassword("password", salt, 4000));
        var wrong = new ScramKeys(algorithm, algorithm.SaltPassword("Password", salt, 4000));
        Assert.True(right.AcceptsProof(right.ClientProof("a,b,c"), "a,b,c"));
        Assert.False(right.AcceptsProof(wrong.ClientProof("a,b,c"), "a,b,c"));
        Assert.False(right.AcceptsProof(right.ClientProof("a,b,d"), "a,b,c"));
        Assert.False(right.AcceptsProof([], "a,b,c"));
    }

    [Fact]
    public void Names_with_separators_travel_escaped()
    {
        var client = new ScramClient(ScramAlgorithm.Sha1, "a,b=c", "password", "nonce", 4000);
        Assert.Equal("n,,n=a=2Cb=3Dc,r=nonce", Encoding.UTF8.GetString(client.Start()));
        Assert.Equal("a,b=c", ScramMessage.UnescapeName("a=2Cb=3Dc"));
        Assert.Throws<ProtocolException>(() => ScramMessage.UnescapeName("a=2"));
    }

    [Fact]
    public void Two_attempts_use_two_nonces() =>
        Assert.NotEqual(
            SaslClient.Create(SaslMechanism.ScramSha1, "user", "password").Start(),
            SaslClient.Create(SaslMechanism.ScramSha1, "user", "password").Start());

    [GeneratedRegex("AUTH .*? value: (.*?)\n.*? value: (.*?)\nSTEP .*? value: (.*?)\n.*? value: (.*?)\n")]
    private static partial Regex Exchange();
}
