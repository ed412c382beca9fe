using System.Text;
using ActorDcp.Protocol.Sasl;
using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.Sasl;

public sealed class SaslTests
{
    [Theory]
    [InlineData("SCRAM-SHA512 SCRAM-SHA256 SCRAM-SHA1 PLAIN", false, SaslMechanism.ScramSha512)]
    [InlineData("SCRAM-SHA512 SCRAM-SHA256 SCRAM-SHA1 PLAIN", true, SaslMechanism.Plain)]
    [InlineData("PLAIN scram-sha1 OAUTHBEARER SCRAM-SHA256", false, SaslMechanism.ScramSha256)]
    [InlineData("SCRAM-SHA1", true, SaslMechanism.ScramSha1)]
    public void The_strongest_scram_is_chosen_in_clear_and_plain_over_tls(string offered, bool encrypted, SaslMechanism expected) =>
        Assert.Equal(expected, SaslMechanisms.Choose(offered, encrypted));

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("")]
    [InlineData("OAUTHBEARER")]
    public void A_password_is_never_sent_in_clear_by_itself(string offered) =>
        Assert.Null(SaslMechanisms.Choose(offered, encrypted: false));

    [Fact]
    public void Plain_is_written_as_the_reference_shows_it()
    {
        var frame = Frame.Read(Reference.Bytes("7.3"));
        var client = SaslClient.Create(SaslMechanism.Plain, "Administrator", "password");
        Assert.Equal("PLAIN", client.Name);
        Assert.Equal(frame.Value.ToArray(), client.Start());
        client.Finish(default);
    }

    [Fact]
    public void Plain_knows_no_challenge() =>
        Assert.Throws<ProtocolException>(() => SaslClient.Create(SaslMechanism.Plain, "user", "password").Respond("r=x"u8));

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("I\u00adX", "IX")]
    [InlineData("a\u00a0b\u3000c", "a b c")]
    [InlineData("m\u00fcller", "m\u00fcller")]
    [InlineData("\U0001f600", "\U0001f600")]
    public void Invisible_characters_vanish_and_exotic_spaces_become_spaces(string text, string prepared) =>
        Assert.Equal(prepared, Encoding.UTF8.GetString(SaslPrep.Prepare(text)));

    [Theory]
    [InlineData("\u0007")]
    [InlineData("a\u007f")]
    [InlineData("a\u0085b")]
    [InlineData("\ue000")]
    [InlineData("\ufffd")]
    [InlineData("\u202e")]
    [InlineData("\ufdd0")]
    [InlineData("\udb40\udc41")]
    public void Control_characters_and_their_like_are_prohibited(string text)
    {
        var error = Assert.Throws<ArgumentException>(() => SaslPrep.Prepare(text));
        Assert.DoesNotContain(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused() =>
        Assert.Throws<ArgumentException>(() => SaslPrep.Prepare("a" + (char)0xd83d));
}
